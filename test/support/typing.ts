import { PassThrough } from 'node:stream'
import { runCli } from '../../src/cli/cli.ts'
import { homeAt } from '../../src/config/home.ts'
import type { PosternHome, Run } from './postern.ts'

/** What a person answers: line by line, or to each question; who has no answer goes away. */
export type Answers = readonly string[] | ((question: string) => string | undefined)

/** Runs one command in this process, at a terminal where a person answers each question. */
export async function runTyping(home: PosternHome, args: readonly string[], answers: Answers): Promise<Run> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => stdin })
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const lines = typeof answers === 'function' ? [] : [...answers]
  let [out, told] = ['', '']
  stdout.on('data', chunk => {
    out += chunk
  })
  stderr.on('data', (chunk: Buffer) => {
    told += chunk
    if (!/[:\]?] $/.test(String(chunk))) return
    const answer = typeof answers === 'function' ? answers(String(chunk)) : lines.shift()
    if (answer === undefined) stdin.end()
    else setImmediate(() => stdin.write(`${answer}\n`))
  })
  const code = await runCli(args, { stdin, stdout, stderr } as never, homeAt(home.dir)) // as much of a terminal as is used
  return { code, stdout: out, stderr: told, json: () => JSON.parse(out) }
}
