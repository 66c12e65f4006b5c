import { PassThrough } from 'node:stream'
import { runCli } from '../../src/cli/cli.ts'
import type { Streams } from '../../src/cli/terminal.ts'
import { homeAt } from '../../src/config/home.ts'

/** What a person answers to a question that ends so. */
export type Answer = readonly [question: RegExp, answer: string]

/** How a command ended, and what it asked. */
export interface TypedRun {
  readonly code: number
  readonly stdout: string
  /** All that a person saw but did not ask for: questions, progress, failures. */
  readonly stderr: string
}

/** Runs a command in this process for a person at a terminal, who answers each question by the first answer that fits. */
export async function typedAtATerminal(
  args: readonly string[],
  dir: string,
  answers: readonly Answer[],
): Promise<TypedRun> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const terminal = Object.assign(stdin, { isTTY: true, setRawMode: () => stdin })
  const seen = { stdout: '', stderr: '' }
  let answeredTo = 0
  stdout.on('data', chunk => {
    seen.stdout += chunk
  })
  stderr.on('data', chunk => {
    seen.stderr += chunk
    const question = seen.stderr.slice(answeredTo)
    const answer = answers.find(([ending]) => ending.test(question))?.[1]
    if (answer === undefined) return
    answeredTo = seen.stderr.length
    setImmediate(() => stdin.write(`${answer}\r\n`)) // once somebody listens
  })
  const code = await runCli(args, { stdin: terminal, stdout, stderr } as unknown as Streams, homeAt(dir)) // what it uses of them
  return { code, ...seen }
}
