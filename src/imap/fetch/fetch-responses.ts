import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { formatDateTime } from '../../formats/imap/date-time.ts'
import { flagList, literalHead } from '../../formats/imap/response-encoder.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { ImapAccount, MessageRow } from '../backend.ts'
import type { MessageNumbers } from '../message-numbers.ts'
import type { Wire } from '../wire.ts'

/** What a FETCH wants of which messages. */
export interface FetchRequest {
  readonly mailbox: number
  readonly uids: Uint32Array
  readonly items: readonly FetchItem[]
  readonly numbers: MessageNumbers
  readonly isUid: boolean
  readonly isCondstore: boolean
  readonly isUtf8: boolean
  readonly isReadOnly: boolean
}

/** Writes the FETCH responses, each of them whole. */
export async function* fetchResponses(account: ImapAccount, request: FetchRequest): AsyncGenerator<Wire> {
  const { mailbox, uids, items, numbers, isUid, isReadOnly } = request
  if (!isReadOnly && items.some(item => item.kind === 'body' && !item.isPeek)) {
    await account.storeFlags({ mailbox, uids }, { action: 'add', flags: ['\\Seen'], unchangedSince: undefined })
  }
  for await (const page of account.messages({ mailbox, uids })) {
    for (const row of page) {
      const number = numbers.numberOf(row.uid)
      if (number === undefined) continue
      const texts = isUid && !items.some(item => item.kind === 'plain' && item.name === 'UID') ? [`UID ${row.uid}`] : []
      for (const item of items) texts.push(await itemText(account, mailbox, row, item))
      yield `* ${number} FETCH (${texts.join(' ')})\r\n`
    }
  }
}

async function itemText(account: ImapAccount, mailbox: number, row: MessageRow, item: FetchItem): Promise<string> {
  if (item.kind === 'plain') {
    switch (item.name) {
      case 'UID':
        return `UID ${row.uid}`
      case 'FLAGS':
        return `FLAGS ${flagList(unpackFlags(row.flags))}`
      case 'INTERNALDATE':
        return `INTERNALDATE "${formatDateTime(row.internalDateMs)}"`
      case 'RFC822.SIZE':
        return `RFC822.SIZE ${row.size}`
      case 'MODSEQ':
        return `MODSEQ (${row.modseq})`
      default:
        return `${item.name} NIL`
    }
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of account.octets(mailbox, row.uid)) chunks.push(chunk)
  const octets = Buffer.concat(chunks)
  return `BODY[] ${literalHead(octets.length)}${octets.toString('latin1')}`
}
