import { hash } from 'node:crypto'
import type { Person } from './people.ts'
import type { PlannedMessage } from './sample-message.ts'
import { type Field, type Mailbox, writeAddresses, writeDate, writeText } from './wire/header-fields.ts'
import { type MimePart, messageOctets } from './wire/mime-parts.ts'
import { SeededRandom } from './wire/seeded-random.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const FRESH_DAYS = 7 // what is newer may be unread
const [FIRST_HOUR, LAST_HOUR] = [6, 21] // when people write

/** What the samples depend on, and nothing else. */
export interface SampleSettings {
  /** Nothing is newer. In ms since the epoch. */
  readonly baseDateMs: number
  /** Whose mail it is, such as `you@demo.example`. */
  readonly address: string
  readonly seed: number
}

/** A letter, before it is written. */
export interface Letter {
  /** Tells it from all others; what is random about it follows from this. */
  readonly key: string
  readonly folder: string
  readonly from: Mailbox & { readonly zone?: string }
  readonly to?: readonly Mailbox[]
  readonly cc?: readonly Mailbox[]
  readonly subject: string
  readonly sentMs: number
  readonly flags?: readonly string[]
  /** Message-IDs of those that it answers, the oldest first. */
  readonly references?: readonly string[]
  readonly messageId?: string
  /** Fields that it has besides. */
  readonly fields?: readonly Field[]
  /** Fields that are written in another way than usual, or not at all. */
  readonly replaced?: Readonly<Record<string, string | undefined>>
  readonly part: () => MimePart
}

/** Whose mail the samples are, and when they were written. */
export class SampleWorld {
  readonly me: Person
  readonly baseDateMs: number
  readonly #seed: number

  constructor({ baseDateMs, address, seed }: SampleSettings) {
    const name = 'Robin Ashby'
    this.me = { name, address, style: 'flowed', zone: '+0100', signature: 'Robin' }
    this.baseDateMs = baseDateMs
    this.#seed = seed
  }

  /** Random numbers for one purpose. */
  random(key: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${key}`)
  }

  /** A moment of the day so many days ago; never after the base date. */
  daysAgo(days: number, key: string): number {
    const random = this.random(`${key}/time`)
    const day = Math.floor((this.baseDateMs - days * DAY_MS) / DAY_MS) * DAY_MS
    const minutes = random.integer(FIRST_HOUR * 60, LAST_HOUR * 60)
    const wished = day + minutes * MINUTE_MS + random.integer(0, 59) * 1000
    return wished < this.baseDateMs ? wished : this.baseDateMs - random.integer(2, 90) * MINUTE_MS
  }

  /** The Message-ID of the letter with a key. */
  messageId(key: string, { address }: Mailbox): string {
    const digits = hash('sha256', `${this.#seed}/${key}`)
    return `<${digits.slice(0, 10)}.${digits.slice(10, 18)}@${address.split('@')[1]}>`
  }

  /** Plans a letter; it is written when somebody wants it. */
  plan(letter: Letter): PlannedMessage {
    const { key, folder, sentMs } = letter
    const delayMs = this.random(`${key}/delay`).integer(1, 40) * 1000
    return {
      folder,
      flags: letter.flags ?? this.flagsOf(key, folder, sentMs),
      internalDateMs: Math.min(sentMs + delayMs, this.baseDateMs),
      write: () => messageOctets(this.fieldsOf(letter), letter.part()),
    }
  }

  /** The fields of a letter but for those of its body. */
  fieldsOf(letter: Omit<Letter, 'part'>): Field[] {
    const { key, from, to = [this.me], cc = [], subject, sentMs, references = [], replaced = {}, fields = [] } = letter
    const isOwn = from.address === this.me.address
    const last = references.at(-1)
    const usual: Readonly<Record<string, string | undefined>> = {
      Date: writeDate(sentMs, from.zone),
      From: writeAddresses([from]),
      To: to.length > 0 ? writeAddresses(to) : undefined,
      Cc: cc.length > 0 ? writeAddresses(cc) : undefined,
      Subject: writeText(subject),
      'Message-ID': letter.messageId ?? this.messageId(key, from),
      'In-Reply-To': last,
      References: last === undefined ? undefined : references.join(' '),
    }
    const named = Object.entries({ ...usual, ...replaced }).flatMap(([name, value]): Field[] =>
      value === undefined ? [] : [[name, value]],
    )
    return [...(isOwn ? [] : this.#trace(letter)), ...named, ...fields]
  }

  /** Flags as such a letter may have them: old ones are read, few are marked. */
  flagsOf(key: string, folder: string, sentMs: number): string[] {
    const random = this.random(`${key}/flags`)
    if (folder === 'Drafts') return ['\\Draft', '\\Seen']
    if (folder === 'Sent') return ['\\Seen']
    if (folder === 'Junk') return random.chance(0.5) ? ['$Junk'] : ['\\Seen', '$Junk']
    const isFresh = this.baseDateMs - sentMs < FRESH_DAYS * DAY_MS
    return [
      ...(random.chance(isFresh ? 0.45 : 0.97) ? ['\\Seen'] : []),
      ...(random.chance(0.05) ? ['\\Flagged'] : []),
      ...(random.chance(0.06) ? ['$Label1'] : []),
      ...(random.chance(0.04) ? ['$Forwarded'] : []),
    ]
  }

  // What the servers on the way write on top.
  #trace({ key, from, sentMs }: Omit<Letter, 'part'>): Field[] {
    const random = this.random(`${key}/trace`)
    const host = from.address.split('@')[1]
    const by = `by mx.${this.me.address.split('@')[1]} with ESMTPS id ${random.hex(12)}`
    const when = writeDate(sentMs + random.integer(1, 20) * 1000)
    return [
      ['Return-Path', `<${from.address}>`],
      [
        'Received',
        `from out.${host} (out.${host} [192.0.2.${random.integer(1, 254)}])\r\n ${by}\r\n for <${this.me.address}>; ${when}`,
      ],
    ]
  }
}
