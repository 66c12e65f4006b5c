import type { Command } from './command.ts'
import { certCommand } from './commands/cert/cert.ts'
import { configCommand } from './commands/config.ts'
import { conflictCommand } from './commands/conflict.ts'
import { startCommand, statusCommand, stopCommand } from './commands/daemon.ts'
import { demoCommand } from './commands/demo.ts'
import { discoverCommand } from './commands/discover/discover.ts'
import { ignoredCommand } from './commands/ignored.ts'
import { logCommand } from './commands/log.ts'
import { folderCommand, itemCommand, syncCommand } from './commands/mail.ts'
import { outboxCommand } from './commands/outbox.ts'
import { pauseCommand, resumeCommand } from './commands/pause.ts'
import { pop3Command } from './commands/pop3.ts'
import { profileCommand } from './commands/profile/profile.ts'
import { storeCommand } from './commands/store.ts'

/** The commands, in the order in which `--help` shows them. */
export const COMMANDS: readonly Command<never>[] = [
  demoCommand,
  startCommand,
  stopCommand,
  statusCommand,
  discoverCommand,
  profileCommand,
  syncCommand,
  pauseCommand,
  resumeCommand,
  folderCommand,
  itemCommand,
  ignoredCommand,
  conflictCommand,
  pop3Command,
  outboxCommand,
  storeCommand,
  certCommand,
  configCommand,
  logCommand,
]
