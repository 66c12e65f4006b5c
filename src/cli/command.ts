import type { Argv } from 'yargs'
import type { Home } from '../config/home.ts'
import type { Terminal } from './terminal.ts'

/** What every command gets. */
export interface CommandContext {
  readonly home: Home
  readonly terminal: Terminal
  /** Aborts at Ctrl-C; a second Ctrl-C ends the process at once. */
  readonly signal: AbortSignal
}

/** One command of the command line, or a group of them. `Options` is what `build` makes yargs parse. */
export interface Command<Options = object> {
  /** As yargs wants it: the word, then `<needed>` and `[optional]` positionals. */
  readonly command: string
  readonly describe: string
  readonly examples?: readonly (readonly [line: string, says: string])[]
  readonly children?: readonly Command<never>[]
  readonly build?: (yargs: Argv) => Argv<Options>
  /**
   * Does the work. What it returns is the exit code, 0 when nothing is returned.
   *
   * @throws {PosternError} printed as the error, exit code 1.
   */
  readonly run?: (options: Options, context: CommandContext) => Promise<number | undefined>
}

/** Keeps the type of the options between `build` and `run`. */
export function defineCommand<Options>(command: Command<Options>): Command<never> {
  // `run` is only ever called with what `build` parsed, so the options' type may be forgotten in lists of commands.
  return command as unknown as Command<never>
}
