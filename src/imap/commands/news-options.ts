import type { ImapCommand } from '../../formats/imap/command/command-parser.ts'
import type { NewsOptions } from '../mailbox/mailbox-news.ts'

/** Tells how news may be told at the end of a command; undefined for not at all. */
export function newsOptions(command: ImapCommand): NewsOptions | undefined {
  switch (command.kind) {
    case 'fetch':
    case 'store':
    case 'search':
    case 'sort':
    case 'thread':
      // While numbers are in use none may shift (RFC 9051 section 7.5.1).
      return { canExpunge: command.isUid, isUid: command.isUid }
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
