import { PassThrough } from 'node:stream'
import { runCli } from '../../src/cli/cli.ts'
import type { Streams } from '../../src/cli/terminal.ts'
import type { Run } from './postern.ts'

/** Runs a command in this process, on the home that POSTERN_HOME names: a process of its own takes more than a second. */
export async function runHere(args: readonly string[], input = ''): Promise<Run> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  const code = await runCli(args, { stdin, stdout, stderr } as unknown as Streams)
  const said = { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
  return { code, ...said, json: () => JSON.parse(said.stdout) }
}
