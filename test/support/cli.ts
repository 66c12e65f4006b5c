import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCli } from '../../src/cli/cli.ts'
import type { Run } from './postern.ts'

/** Runs commands on a home within this process: as fast as the work itself, for tests of many commands. */
export class CommandLine {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  /** Runs one command to its end. */
  async run(args: readonly string[], input = ''): Promise<Run> {
    process.env.POSTERN_HOME = this.#home // commands run one after the other
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const [told, noted] = [text(stdout), text(stderr)]
    const code = await runCli(args, { stdin: Readable.from([Buffer.from(input)]), stdout, stderr })
    stdout.end()
    stderr.end()
    const said = await told
    return { code, stdout: said, stderr: await noted, json: () => JSON.parse(said) }
  }

  /** Runs one command that must succeed, with `--json`, and resolves to its document. */
  async json(args: readonly string[], input = ''): Promise<unknown> {
    const run = await this.run([...args, '--json'], input)
    if (run.code !== 0) throw new Error(`postern ${args.join(' ')} exited ${run.code}: ${run.stderr}${run.stdout}`)
    return run.json()
  }
}
