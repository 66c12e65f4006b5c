import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import { numberOf } from '../../../formats/imap/value.ts'
import type { RemoteStatus } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { parseStatus } from './status-response.ts'

const MAX_PIPELINED = 500 // of a hundred thousand folders: what waits for an answer is held in memory

/** The STATUS items that Postern asks for. Not MAILBOXID: Cyrus 3.6 answers it with octets out of its memory. */
export function statusItems(capabilities: ReadonlySet<string>): string {
  const hasModseq = capabilities.has('CONDSTORE') || capabilities.has('QRESYNC')
  return hasModseq ? 'MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ' : 'MESSAGES UIDNEXT UIDVALIDITY'
}

/** Collects the answers to STATUS, by path. */
export class StatusAnswers {
  readonly byPath = new Map<string, RemoteStatus>()

  readonly data = {
    STATUS: (response: DataResponse) => {
      const answer = parseStatus(response)
      if (answer?.uidValidity === undefined || answer.messages === undefined) return
      const { path, uidValidity, messages, uidNext, highestModseq, items } = answer
      const appendLimit = numberOf(items.get('APPENDLIMIT')) // NIL stands for none
      this.byPath.set(path, { uidValidity, messages, uidNext, highestModseq, appendLimit })
    },
  }
}

/** Asks for the counters of several folders. One that refuses is examined instead, and tells its reason there. */
export async function askStatuses(
  connection: ImapConnection,
  paths: readonly string[],
  answers: StatusAnswers,
): Promise<void> {
  const items = statusItems(connection.capabilities)
  for (let at = 0; at < paths.length; at += MAX_PIPELINED) {
    await Promise.all(paths.slice(at, at + MAX_PIPELINED).map(path => askStatus(connection, path, items, answers)))
  }
}

/**
 * Asks for one folder's counters, and for its APPENDLIMIT where that differs by folder (RFC 7889 section 3); undefined
 * when the server refuses, as it does for a folder that is not there.
 */
export async function readStatus(connection: ImapConnection, path: string): Promise<RemoteStatus | undefined> {
  const answers = new StatusAnswers()
  const hasLimit = connection.capabilities.has('APPENDLIMIT')
  const items = `${statusItems(connection.capabilities)}${hasLimit ? ' APPENDLIMIT' : ''}`
  await askStatus(connection, path, items, answers)
  return answers.byPath.get(path)
}

async function askStatus(connection: ImapConnection, path: string, items: string, { data }: StatusAnswers) {
  try {
    await connection.command(['STATUS ', mailboxArgument(path), ` (${items})`], { data })
  } catch (error) {
    if (connection.hasFailed) throw error
  }
}
