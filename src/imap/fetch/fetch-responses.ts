import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { formatDateTime } from '../../formats/imap/date-time.ts'
import { flagList, textString } from '../../formats/imap/response-encoder.ts'
import { bodyStructureText } from '../../formats/imap/structure/body-structure.ts'
import { envelopeOctets } from '../../formats/imap/structure/envelope-text.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { ImapAccount, MessageDetails, MessageRow } from '../backend.ts'
import type { MessageNumbers } from '../message-numbers.ts'
import type { Wire } from '../wire.ts'
import { type FetchNeeds, needsOf } from './fetch-needs.ts'
import { type FetchedItem, octetItem } from './section-octets.ts'

/** What is to be fetched of which messages. */
export interface FetchRequest {
  readonly mailbox: number
  /** Ascending. */
  readonly uids: Uint32Array
  readonly items: readonly FetchItem[]
  readonly numbers: MessageNumbers
  readonly isUid: boolean
  readonly isCondstore: boolean
  readonly isUtf8: boolean
  readonly isReadOnly: boolean
}

interface Message {
  readonly row: MessageRow
  readonly details: MessageDetails | undefined
  /** Whether it has become \\Seen by this very FETCH, which is told with it. */
  readonly isSeenNow: boolean
}

/**
 * Writes FETCH responses in the order of the messages. Messages become \\Seen, page by page, before they are read; those
 * that are gone meanwhile have no response.
 *
 * @throws {ImapRefusal} before anything of a message was written; anything else must end the connection
 */
export async function* fetchResponses(account: ImapAccount, request: FetchRequest): AsyncGenerator<Wire> {
  const needs = needsOf(request.items)
  const { mailbox, uids } = request
  for await (const page of account.messages({ mailbox, uids })) {
    const { rows, seen } =
      needs.marksSeen && !request.isReadOnly ? await markSeen(account, mailbox, page) : unmarked(page)
    if (needs.details) yield* withDetails(account, request, { rows, seen, details: needs.details })
    else
      yield* written(
        account,
        request,
        rows.map(row => ({ row, details: undefined, isSeenNow: seen.has(row.uid) })),
      )
  }
}

interface Page {
  readonly rows: readonly MessageRow[]
  readonly seen: ReadonlySet<number>
}

function unmarked(rows: readonly MessageRow[]): Page {
  return { rows, seen: new Set() }
}

async function markSeen(account: ImapAccount, mailbox: number, rows: readonly MessageRow[]): Promise<Page> {
  const unseen = rows.filter(({ flags }) => !unpackFlags(flags).includes('\\Seen')).map(({ uid }) => uid)
  if (unseen.length === 0) return unmarked(rows)
  const change = { action: 'add', flags: ['\\Seen'], unchangedSince: undefined } as const
  await account.storeFlags({ mailbox, uids: Uint32Array.from(unseen) }, change)
  const fresh: MessageRow[] = []
  const uids = Uint32Array.from(rows, ({ uid }) => uid)
  for await (const page of account.messages({ mailbox, uids })) fresh.push(...page)
  return { rows: fresh, seen: new Set(unseen) }
}

async function* withDetails(
  account: ImapAccount,
  request: FetchRequest,
  { rows, seen, details: wanted }: Page & { readonly details: NonNullable<FetchNeeds['details']> },
): AsyncGenerator<Wire> {
  const byUid = new Map(rows.map(row => [row.uid, row]))
  const uids = Uint32Array.from(rows, ({ uid }) => uid)
  for await (const page of account.details({ mailbox: request.mailbox, uids, ...wanted })) {
    const messages = page.flatMap(details => {
      const row = byUid.get(details.uid)
      return row ? [{ row, details, isSeenNow: seen.has(row.uid) }] : []
    })
    yield* written(account, request, messages)
  }
}

// Texts are gathered: a list of flags is one text for a page.
async function* written(
  account: ImapAccount,
  request: FetchRequest,
  messages: readonly Message[],
): AsyncGenerator<Wire> {
  let text = ''
  for (const message of messages) {
    const number = request.numbers.numberOf(message.row.uid)
    if (number === undefined) continue
    const values: FetchedItem[] = []
    for (const item of itemsOf(request, message)) values.push(await itemValue(account, request, message, item))
    text += `* ${number} FETCH (`
    for (const [index, value] of values.entries()) {
      text += `${index > 0 ? ' ' : ''}${value.text}`
      if (!value.octets) continue
      yield text
      text = ''
      yield* value.octets
    }
    text += ')\r\n'
  }
  if (text !== '') yield text
}

/** The items of a response: those asked for, and what has to be told with them. */
function itemsOf({ items, isUid, isCondstore }: FetchRequest, { isSeenNow }: Message): readonly FetchItem[] {
  const names = new Set(items.flatMap(item => (item.kind === 'plain' ? [item.name] : [])))
  const added: PlainFetchItem[] = []
  if (isUid && !names.has('UID')) added.push('UID')
  if (isSeenNow && !names.has('FLAGS')) added.push('FLAGS')
  const tellsFlags = names.has('FLAGS') || isSeenNow
  if (isCondstore && tellsFlags && !names.has('MODSEQ')) added.push('MODSEQ')
  return [...added.map(name => ({ kind: 'plain', name }) as const), ...items]
}

async function itemValue(
  account: ImapAccount,
  { mailbox, isUtf8 }: FetchRequest,
  { row, details }: Message,
  item: FetchItem,
): Promise<FetchedItem> {
  if (item.kind === 'plain') return { text: `${item.name} ${PLAIN[item.name](row, details)}`, octets: undefined }
  if (item.kind === 'preview') return { text: `PREVIEW ${previewText(details, isUtf8)}`, octets: undefined }
  return octetItem({ account, mailbox, uid: row.uid, size: row.size, structure: details?.structure }, item)
}

function previewText(details: MessageDetails | undefined, isUtf8: boolean): string {
  return details?.preview === undefined ? 'NIL' : textString(details.preview, isUtf8)
}

function structureOf(details: MessageDetails | undefined): MessageDetails['structure'] {
  if (!details) throw new Error('the structure was not read')
  return details.structure
}

type PlainValue = (row: MessageRow, details: MessageDetails | undefined) => string | number

const PLAIN: Readonly<Record<PlainFetchItem, PlainValue>> = {
  UID: ({ uid }) => uid,
  FLAGS: ({ flags }) => flagList(unpackFlags(flags)),
  MODSEQ: ({ modseq }) => `(${modseq})`,
  INTERNALDATE: ({ internalDateMs }) => `"${formatDateTime(internalDateMs)}"`,
  SAVEDATE: ({ savedDateMs }) => (savedDateMs === undefined ? 'NIL' : `"${formatDateTime(savedDateMs)}"`),
  'RFC822.SIZE': ({ size }) => size,
  EMAILID: ({ emailId }) => `(${emailId})`,
  THREADID: () => 'NIL',
  ENVELOPE: (_row, details) => envelopeOctets(structureOf(details).envelope),
  BODY: (_row, details) => bodyStructureText(structureOf(details).root, 'BODY').toString('latin1'),
  BODYSTRUCTURE: (_row, details) => bodyStructureText(structureOf(details).root, 'BODYSTRUCTURE').toString('latin1'),
}
