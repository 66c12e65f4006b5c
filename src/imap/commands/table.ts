import type { ImapCommand } from '../../formats/imap/command/command-parser.ts'
import { copy, move } from './copy.ts'
import { close, expunge } from './expunge.ts'
import { fetch } from './fetch.ts'
import type { CommandHandler } from './handler.ts'
import { list, lsub } from './list.ts'
import { create, deleteMailbox, rename, subscribe, unsubscribe } from './mailboxes.ts'
import { search, sort, thread } from './search.ts'
import { select } from './select.ts'
import {
  authenticate,
  capability,
  enable,
  id,
  idle,
  login,
  logout,
  namespace,
  noop,
  startTls,
} from './session-commands.ts'
import { status } from './status.ts'
import { store } from './store.ts'
import { unselect } from './unselect.ts'

/** What each command does; those that are missing are not offered. */
export const COMMANDS: Readonly<Partial<Record<ImapCommand['kind'], CommandHandler>>> = {
  ...{ capability, noop, check: noop, logout, id, starttls: startTls, login, authenticate, enable, namespace, idle },
  ...{ list, lsub, status, create, delete: deleteMailbox, rename, subscribe, unsubscribe },
  ...{ select, unselect, close, expunge, fetch, store, copy, move, search, sort, thread },
}
