import process from 'node:process'
import yargs, { type Argv } from 'yargs'
import { findHome, type Home } from '../config/home.ts'
import { PosternError } from '../errors.ts'
import type { Command, CommandContext } from './command.ts'
import { COMMANDS } from './commands.ts'
import type { CliErrorCode } from './errors.ts'
import { type Streams, Terminal } from './terminal.ts'
import { version } from './version.ts'

const EXIT_DONE = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs one command line and resolves to the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(
  argv: readonly string[],
  streams: Streams = process,
  home: Home = findHome(),
): Promise<number> {
  const terminal = new Terminal(streams, { json: argv.includes('--json') })
  const interrupt = new AbortController()
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort(cancelled())
  }
  if (streams === process) heedBrokenPipes()
  process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt).on('SIGHUP', onInterrupt)
  const context: CommandContext = { home, terminal, signal: interrupt.signal }
  try {
    return await parse(argv, context, streams)
  } catch (error) {
    return fail(error, terminal)
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt).off('SIGHUP', onInterrupt)
  }
}

// Whoever reads our output may have seen enough: `postern item list INBOX | head`. Remarks that nobody reads are lost, the
// outcome is not. It may show only after the command has ended.
function heedBrokenPipes(): void {
  const unlessBroken = (act: () => void) => (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    act()
  }
  process.stdout.on(
    'error',
    unlessBroken(() => process.exit(EXIT_DONE)),
  )
  process.stderr.on(
    'error',
    unlessBroken(() => undefined),
  )
}

async function parse(argv: readonly string[], context: CommandContext, streams: Streams): Promise<number> {
  let exitCode = EXIT_DONE
  const parser = yargs([...argv])
    .scriptName('postern')
    .usage('$0 <command>\n\nA local sync daemon for Outlook.')
    .option('json', { type: 'boolean', describe: 'Print one JSON document and nothing else', global: true })
    .version(version())
    .help()
    .alias('h', 'help')
    .completion('completion', 'Print a completion script for bash or zsh')
    .demandCommand(1, 'Which command?')
    .strict()
    .recommendCommands()
    .check((given, declared) => {
      const twice = findGivenTwice(given, declared)
      if (twice !== undefined) throw usage(`--${twice} can be given only once.`)
      return true
    })
    .wrap(Math.min(100, streams.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? usage(message)
    })
  const run = (command: Command<never>) => async (options: object) => {
    // yargs hands over exactly what the command's own `build` declared.
    exitCode = (await command.run?.(options as never, context)) ?? EXIT_DONE
  }
  for (const command of COMMANDS) mount(parser, command, run)
  await parser.parseAsync([...argv], {}, (error, _argv, output) => {
    if (output !== '' && !error) streams.stdout.write(`${output}\n`)
  })
  return exitCode
}

function mount(parser: Argv, command: Command<never>, run: (command: Command<never>) => (o: object) => Promise<void>) {
  const build = (inner: Argv) => {
    const built = command.build?.(inner) ?? inner
    for (const child of command.children ?? []) mount(built, child, run)
    for (const [line, says] of command.examples ?? []) built.example(line, says)
    return command.children ? built.demandCommand(1, `Which ${command.command} command?`) : built
  }
  // A group has no handler of its own: demandCommand asks for one of its children.
  parser.command(command.command, command.describe, build, command.run ? run(command) : () => undefined)
}

/** Finds an option that was given several times and takes one value: yargs makes a list of it. */
function findGivenTwice(given: Readonly<Record<string, unknown>>, declared: object): string | undefined {
  // The names of lists, which yargs tells and its types do not know of.
  const lists = 'array' in declared && Array.isArray(declared.array) ? declared.array : []
  return Object.keys(given).find(key => key !== '_' && Array.isArray(given[key]) && !lists.includes(key))
}

function fail(error: unknown, terminal: Terminal): number {
  if (error instanceof PosternError) {
    terminal.failure(error)
    return error.code === 'CLI_USAGE' ? EXIT_USAGE : EXIT_FAILED
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  terminal.failure({
    code: 'BUG',
    message: `this is a bug in Postern: ${message}`,
    remedy: 'user',
    advice: 'Please report it with this text.',
  })
  return EXIT_FAILED
}

function cancelled(): PosternError {
  return new PosternError<CliErrorCode>('CLI_CANCELLED', 'The command was stopped.', {
    remedy: 'user',
    advice: 'What is done is kept; repeat the command to go on.',
  })
}

function usage(message: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', message, { remedy: 'user', advice: 'See postern --help.' })
}
