import { bodyStructureOctets } from '../../../src/formats/imap/structure/body-structure.ts'
import { envelopeOctets } from '../../../src/formats/imap/structure/envelope-text.ts'
import { HeaderEnd } from '../../../src/formats/mail/structure/header-end.ts'
import { listedFields } from '../../../src/formats/mail/structure/listed-fields.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import type { MessageStructure } from '../../../src/formats/mail/structure/part.ts'
import {
  type FlagsToStore,
  type ImapAccount,
  ImapRefusal,
  type MessageRow,
  type MessagesOf,
  type OctetPart,
  type OctetSpan,
  type WantedDetails,
} from '../../../src/imap/backend.ts'
import { changeFlags, type MessageFlags, packFlags } from '../../../src/store/flags.ts'
import { type ItemDetails, pickDetails } from '../../../src/store/search/item-details.ts'

const NONE = packFlags([])

/** A message of a {@link FetchAccount}. */
export interface FetchMessage {
  readonly octets: Buffer
  readonly flags?: MessageFlags
  /** What its row says; as long as it is by default. */
  readonly size?: number
  readonly isWhole?: boolean
  readonly preview?: string
  readonly savedDateMs?: number
}

type FetchPart = Pick<ImapAccount, 'messages' | 'details' | 'smallOctets' | 'octets' | 'storeFlags'>

/** Mail in memory, as far as FETCH reads it; one mailbox. It notes what it is asked for. */
export class FetchAccount implements FetchPart {
  /** What was called, with its UIDs or span: `octets 7 0-16384`. */
  readonly calls: string[] = []
  /** Octets in one chunk. */
  chunkOctets = 65_536
  pageMessages = 500
  /** Of what is read for many messages at once. */
  smallOctetsLimit = 0
  /** Called before each chunk, the first one is 0: what it throws, the reader is thrown. */
  onChunk: (uid: number, chunk: number) => void = () => undefined
  /** Streams of octets that were begun and have not ended. */
  openStreams = 0
  readonly #messages = new Map<number, FetchMessage & { flags: MessageFlags; modseq: number }>()
  #modseq = 1

  /** Puts a message in. */
  add(uid: number, message: FetchMessage): void {
    this.#messages.set(uid, { flags: NONE, ...message, modseq: ++this.#modseq })
  }

  remove(uid: number): void {
    this.#messages.delete(uid)
  }

  /** What FETCH is given: there is nothing else behind it. */
  get asAccount(): ImapAccount {
    return this as unknown as ImapAccount // FETCH calls these methods only, and another one would be a failure that is seen
  }

  get uids(): Uint32Array {
    return Uint32Array.from(this.#messages.keys()).sort()
  }

  async *messages({ uids }: MessagesOf): AsyncGenerator<readonly MessageRow[]> {
    this.#note('messages', uids)
    for (const page of this.#pages(uids)) {
      yield page.map(([uid, { octets, flags, modseq, size = octets.length, isWhole = true, savedDateMs }]) => ({
        ...{ uid, flags, modseq, size, isWhole, savedDateMs, emailId: `E${uid}` },
        internalDateMs: Date.UTC(2006, 0, 2, 15, 4, 5) + uid * 1000,
      }))
    }
  }

  async *details({ uids, kinds }: MessagesOf & WantedDetails): AsyncGenerator<readonly ItemDetails[]> {
    this.#note('details', uids)
    for (const page of this.#pages(uids)) {
      yield page.map(([uid, { octets, preview = '' }]) => ({ uid, ...detailsOf(octets, preview, kinds) }))
    }
  }

  async *smallOctets({ uids, part }: MessagesOf & { readonly part: OctetPart }) {
    if (this.smallOctetsLimit > 0) this.#note(`small ${part}`, uids)
    for (const page of this.#pages(uids)) {
      yield page.flatMap(([uid, { octets, isWhole = true }]) => {
        if (octets.length > this.smallOctetsLimit || !(isWhole || part !== 'whole')) return []
        const header = octets.subarray(0, new HeaderEnd().push(octets))
        return [{ uid, octets: { listed: listedFields(header), header, whole: octets }[part] }]
      })
    }
  }

  async *octets(_mailbox: number, uid: number, span?: OctetSpan): AsyncGenerator<Uint8Array> {
    this.calls.push(`octets ${uid} ${span ? `${span.start}-${span.end}` : ''}`)
    const message = this.#messages.get(uid)
    if (!message) throw new ImapRefusal('EXPUNGEISSUED', 'The message is gone.')
    const octets = message.octets.subarray(span?.start ?? 0, span?.end ?? message.octets.length)
    this.openStreams++
    try {
      for (let at = 0; at < octets.length; at += this.chunkOctets) {
        this.onChunk(uid, at / this.chunkOctets)
        yield octets.subarray(at, at + this.chunkOctets)
      }
    } finally {
      this.openStreams--
    }
  }

  async storeFlags({ uids }: MessagesOf, { flags }: FlagsToStore): Promise<readonly number[]> {
    this.#note('storeFlags', uids)
    const change = { add: packFlags(flags), remove: NONE }
    for (const uid of uids) {
      const message = this.#messages.get(uid)
      if (message)
        this.#messages.set(uid, { ...message, flags: changeFlags(message.flags, change), modseq: ++this.#modseq })
    }
    return []
  }

  *#pages(uids: Uint32Array) {
    const found = [...uids].flatMap(uid => {
      const message = this.#messages.get(uid)
      return message ? [[uid, message] as const] : []
    })
    for (let at = 0; at < found.length; at += this.pageMessages) yield found.slice(at, at + this.pageMessages)
  }

  #note(method: string, uids: Uint32Array): void {
    this.calls.push(`${method} ${uids.length > 20 ? `(${uids.length})` : uids.join(',')}`)
  }
}

/** Reads what is asked of a message. */
export function detailsOf(octets: Buffer, preview: string, kinds: WantedDetails['kinds']) {
  const structure = structureOf(octets)
  const envelope = envelopeOctets(structure.envelope)
  const bodyStructure = bodyStructureOctets(structure.root, 'BODYSTRUCTURE')
  return pickDetails({ envelope, bodyStructure, structure, preview }, kinds)
}

function structureOf(octets: Buffer): MessageStructure {
  return JSON.parse(JSON.stringify(parseMimeTree([octets]))) // as the store keeps it
}
