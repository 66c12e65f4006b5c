import type { ImapCommand } from '../../formats/imap/command/command-parser.ts'
import type { Completion } from '../completion.ts'
import type { NewsOptions } from '../mailbox/mailbox-news.ts'
import { usesNumbers } from './messages/uid-search-key.ts'

/** Tells how news may be told at the end of a command, which has this status; undefined for not at all. */
export function newsOptions(command: ImapCommand, status: Completion['status']): NewsOptions | undefined {
  switch (command.kind) {
    // While numbers are in use none may shift (RFC 9051 section 7.5.1).
    case 'fetch':
    case 'store':
      return { canExpunge: command.isUid, isUid: command.isUid }
    case 'search':
    case 'sort':
    case 'thread':
      // Those of a UID SEARCH are in its keys (RFC 7162 section 3.2.10.2).
      return { canExpunge: command.isUid && !usesNumbers(command.key), isUid: command.isUid }
    case 'list':
    case 'lsub':
    case 'status':
    // What the client changes itself counts from their end on.
    case 'create':
    case 'delete':
    case 'rename':
    case 'subscribe':
    case 'unsubscribe':
      return { canExpunge: true, hasOthers: false }
    case 'notify-set': // a NOOP as well, if it is obeyed (RFC 5465 section 3.1)
      return status === 'OK' ? { canExpunge: true, answer: 'all' } : { canExpunge: true }
    case 'copy':
    case 'move':
      return { canExpunge: true, isUid: command.isUid }
    case 'select': // has just told everything
    case 'close': // what it has removed is not told (RFC 9051 section 6.4.1)
    case 'unselect':
    case 'logout':
      return undefined
    default:
      return { canExpunge: true }
  }
}
