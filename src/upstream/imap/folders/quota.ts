import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import { type ImapValue, itemsOf, textOf } from '../../../formats/imap/value.ts'
import type { RemoteQuota } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'

const UNIT_OCTETS = 1024 // RFC 9208 section 5.1
const MAX_UNITS = Number.MAX_SAFE_INTEGER / UNIT_OCTETS

/** Tells whether the server can be asked for quotas. */
export function hasQuota({ capabilities }: ImapConnection): boolean {
  return capabilities.has('QUOTA')
}

/**
 * Asks what the Inbox may hold, and its account with it (RFC 9208 section 4.3); of several limits the one that has the least
 * room left. Undefined when there is none.
 */
export async function readQuota(connection: ImapConnection): Promise<RemoteQuota | undefined> {
  let least: RemoteQuota | undefined
  const keep = ({ values: [, resources] }: DataResponse) => {
    const quota = storageOf(itemsOf(resources) ?? [])
    if (quota && (!least || roomOf(quota) < roomOf(least))) least = quota
  }
  await connection.command(['GETQUOTAROOT ', mailboxArgument('INBOX')], { data: { QUOTA: keep } })
  return least
}

function roomOf({ usage, limit }: RemoteQuota): number {
  return limit - usage
}

// (STORAGE 10 512 MESSAGE 20 100)
function storageOf(resources: readonly ImapValue[]): RemoteQuota | undefined {
  const texts = resources.map(value => textOf(value) ?? '')
  const at = texts.findIndex((text, index) => index % 3 === 0 && text.toUpperCase() === 'STORAGE')
  const [usage, limit] = texts.slice(at + 1, at + 3).map(unitsOf)
  if (at === -1 || usage === undefined || limit === undefined) return undefined
  return { usage: usage * UNIT_OCTETS, limit: limit * UNIT_OCTETS }
}

function unitsOf(text: string): number | undefined {
  return /^\d{1,19}$/.test(text) ? Math.min(Number(text), Math.floor(MAX_UNITS)) : undefined
}
