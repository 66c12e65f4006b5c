import type { Command } from './command.ts'
import { certCommand } from './commands/cert.ts'

/** The commands, in the order in which `--help` shows them. */
export const COMMANDS: readonly Command<never>[] = [certCommand]
