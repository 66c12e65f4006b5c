import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCli } from '../../src/cli/cli.ts'

/** How one command ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A person at a terminal, who answers each question with the same line; or the octets of a pipe. */
export type Input = { readonly answers: string } | { readonly piped: string }

/** Runs one command line in this process, in the given home. */
export async function run(home: string, args: readonly string[], input: Input = { piped: '' }): Promise<Ended> {
  const streams = { stdin: inputOf(input), stdout: new PassThrough(), stderr: new PassThrough() }
  const output = Promise.all([text(streams.stdout), text(streams.stderr)])
  process.env.POSTERN_HOME = home
  const code = await runCli(args, streams)
  streams.stdout.end()
  streams.stderr.end()
  const [stdout, stderr] = await output
  return { code, stdout, stderr }
}

function inputOf(input: Input) {
  const stdin = Object.assign(new PassThrough(), { isTTY: 'answers' in input })
  if ('answers' in input) stdin.write(input.answers)
  else stdin.end(input.piped)
  return stdin
}
