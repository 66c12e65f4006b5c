import type { CommandPart } from '../../../formats/imap/encoder.ts'
import { encodeMailboxName, mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { WatchSink } from '../../../sync/watch/remote-watch.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { codeOf } from '../folders/folder-commands.ts'
import { parseStatus } from '../folders/status-response.ts'

// A server may know fewer of them, and says BADEVENT then (RFC 5465 section 5).
const EVENTS = [
  'MessageNew MessageExpunge FlagChange MailboxName',
  'MessageNew MessageExpunge FlagChange',
  'MessageNew MessageExpunge',
] as const
const MAX_NAMES_OCTETS = 6000 // servers may refuse lines of over 8,192 octets

/**
 * Makes the server tell of changes in all the user's own folders, and in those of the paths that are not among them.
 * What is told at first is the state of each folder.
 *
 * @throws {PosternError} UPSTREAM_REFUSED when it does not after all
 */
export async function beginNotify(
  connection: ImapConnection,
  paths: readonly string[],
  sink: WatchSink,
): Promise<void> {
  const told = new Set<string>()
  let isFirst = true
  connection.listen({
    data: {
      STATUS: (response: DataResponse) => {
        const status = parseStatus(response)
        if (!status) return
        if (isFirst) told.add(status.path)
        sink.counters(status.path, status, isFirst)
      },
      LIST: () => sink.structureChanged(),
    },
    code: ({ name }) => {
      if (name === 'NOTIFICATIONOVERFLOW') void restart()
    },
  })
  const events = await setNotify(connection, EVENTS, [])
  let others = namesWithin(paths.filter(path => !told.has(path)))
  if (others.length > 0) await setNotify(connection, [events], others).catch(withoutOthers)
  isFirst = false

  // One folder of others that may not be watched is no reason to watch none of one's own.
  async function withoutOthers(error: unknown): Promise<void> {
    if (connection.hasFailed) throw error
    others = []
    await setNotify(connection, [events], others)
  }

  // The server tells nothing any more until it is asked again (RFC 5465 section 5.8).
  async function restart(): Promise<void> {
    sink.missed()
    await setNotify(connection, [events], others).catch(error => connection.destroy(error))
  }
}

/** Resolves to the events that the server agreed to. */
async function setNotify(
  connection: ImapConnection,
  [events, ...fewer]: readonly [string, ...string[]] | readonly string[],
  others: readonly string[],
): Promise<string> {
  const names = others.flatMap((path, index): CommandPart[] => [index === 0 ? '' : ' ', mailboxArgument(path)])
  const mailboxes: CommandPart[] = names.length > 0 ? [' (mailboxes (', ...names, `) (${events}))`] : []
  try {
    await connection.command([`NOTIFY SET STATUS (personal (${events}))`, ...mailboxes])
    return events ?? ''
  } catch (error) {
    if (codeOf(error)?.name !== 'BADEVENT' || fewer.length === 0) throw error
    return setNotify(connection, fewer, others)
  }
}

function namesWithin(paths: readonly string[]): string[] {
  let octets = 0
  return paths.filter(path => {
    octets += encodeMailboxName(path).length + 3
    return octets <= MAX_NAMES_OCTETS
  })
}
