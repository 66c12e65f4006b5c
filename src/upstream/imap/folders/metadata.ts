import { astring } from '../../../formats/imap/encoder.ts'
import { itemsOf, textOf } from '../../../formats/imap/value.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'

const MAX_OCTETS = 65_536 // a larger value is left out by the server

/** Tells whether the server has annotations of its own (RFC 5464 section 1). */
export function hasServerMetadata({ capabilities }: ImapConnection): boolean {
  return capabilities.has('METADATA') || capabilities.has('METADATA-SERVER')
}

/** Reads an annotation of the server (RFC 5464 section 4.2); undefined when it has none of that name. */
export async function readServerMetadata(connection: ImapConnection, entry: string): Promise<string | undefined> {
  let found: string | undefined
  const keep = ({ values: [mailbox, entries] }: DataResponse) => {
    const [name, value] = itemsOf(entries) ?? []
    if (textOf(mailbox) === '' && textOf(name)?.toLowerCase() === entry)
      found = value?.kind === 'string' ? textOf(value) : undefined
  }
  await connection.command([`GETMETADATA (MAXSIZE ${MAX_OCTETS}) "" `, astring(entry)], { data: { METADATA: keep } })
  return found
}
