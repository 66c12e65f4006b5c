import { type FetchItem, readFetch } from '../../../src/formats/imap/command/arguments/fetch.ts'
import { CommandReader } from '../../../src/formats/imap/command/command-reader.ts'
import { type ImapResponse, parseResponse } from '../../../src/formats/imap/response.ts'
import { ResponseReader } from '../../../src/formats/imap/response-reader.ts'
import { type FetchRequest, fetchResponses } from '../../../src/imap/fetch/fetch-responses.ts'
import { MessageNumbers } from '../../../src/imap/message-numbers.ts'
import type { Wire } from '../../../src/imap/wire.ts'
import type { FetchAccount } from './fetch-account.ts'

/** Parses data items as a client writes them: `(FLAGS BODY[])`. */
export function fetchItems(items: string): readonly FetchItem[] {
  const pieces = [{ kind: 'text', octets: Buffer.from(`1 ${items}`, 'latin1') }] as const
  return readFetch(new CommandReader(pieces, { isUtf8: false }), false).items
}

/** Asks for items of all messages, or as `given` says. */
export function fetchWires(account: FetchAccount, items: string, given: Partial<FetchRequest> = {}) {
  const { uids } = account
  return fetchResponses(account.asAccount, {
    ...{ mailbox: 1, uids, items: fetchItems(items), numbers: new MessageNumbers(uids) },
    ...{ isUid: false, isCondstore: false, isUtf8: false, isReadOnly: false, ...given },
  })
}

/** Asks, and gives all that is sent, one character for each octet. */
export async function fetchText(account: FetchAccount, items: string, given: Partial<FetchRequest> = {}) {
  const wires: Wire[] = []
  for await (const wire of fetchWires(account, items, given)) wires.push(wire)
  return wireText(wires)
}

/** Asks, and gives what is sent up to a failure, and the failure. */
export async function fetchUntilFailure(account: FetchAccount, items: string, given: Partial<FetchRequest> = {}) {
  const wires: Wire[] = []
  try {
    for await (const wire of fetchWires(account, items, given)) wires.push(wire)
  } catch (error) {
    return { text: wireText(wires), error }
  }
  return { text: wireText(wires), error: undefined }
}

/** What goes over the wire, one character for each octet. */
export function wireText(wires: readonly Wire[]): string {
  return wires.map(wire => (typeof wire === 'string' ? wire : Buffer.from(wire).toString('latin1'))).join('')
}

/** Reads responses as a client does: for each message its number, and its items by name. */
export function readResponses(
  text: string,
): readonly (readonly [number: number, items: ReadonlyMap<string, Buffer>])[] {
  const responses: ImapResponse[] = []
  const reader = new ResponseReader({
    maxHeldOctets: 64 * 1_048_576,
    openLiteral: () => undefined,
    onResponse: parts => {
      responses.push(parseResponse(parts))
    },
  })
  reader.push(Buffer.from(text, 'latin1'))
  if (!reader.isBetweenResponses) throw new Error('a response has no end')
  return responses.map(response => {
    const list = response.kind === 'data' ? response.values[0] : undefined
    if (response.kind !== 'data' || list?.kind !== 'list') throw new Error('a response is no FETCH')
    const items = new Map<string, Buffer>()
    const values = list.items.filter(value => value.kind !== 'atom' || value.text !== '~') // of a literal8
    for (let at = 0; at < values.length; at += 2) {
      const [name, value] = values.slice(at, at + 2)
      if (name?.kind === 'atom' && value?.kind === 'string') items.set(name.text, value.octets)
    }
    return [response.number ?? 0, items]
  })
}
