import { UidSet } from '../../../src/formats/imap/uid-set.ts'
import type { ImapClient } from './client.ts'

/** What a client knows of a message; undefined is what it was not told. */
export interface KnownMessage {
  uid: number | undefined
  flags: string | undefined
}

/** How a client of the model speaks. */
export type ModelKind = 'plain' | 'condstore' | 'qresync'

/** A mail program that believes nothing but what it is told, and finds every contradiction in it. */
export class ModelClient {
  readonly messages: KnownMessage[] = []
  readonly #client: ImapClient
  #isNotified = false
  /** While numbers are in use no EXPUNGE may come. */
  #canExpunge = true

  private constructor(client: ImapClient) {
    this.#client = client
  }

  static async open(client: ImapClient, kind: ModelKind): Promise<ModelClient> {
    if (kind !== 'plain') await client.command(`ENABLE ${kind.toUpperCase()}`)
    const model = new ModelClient(client)
    model.#hear(await client.command('SELECT INBOX'))
    return model
  }

  /** Sends a command that must be answered OK. */
  async command(command: string): Promise<void> {
    this.#canExpunge = !/^(FETCH|STORE|SEARCH)/.test(command)
    this.#hear(await this.#client.command(command))
    this.#canExpunge = true
  }

  /** Says NOTIFY. */
  async notify(events: string): Promise<void> {
    this.#isNotified = true
    await this.command(`NOTIFY ${events}`)
  }

  /** Hears what it was told since its last command, of which numbers may have shifted. */
  async settle(): Promise<void> {
    if (this.#isNotified) await this.command('CAPABILITY')
  }

  /** Hears all that it was not told yet. */
  async catchUp(): Promise<void> {
    await this.command(this.#isNotified ? 'NOTIFY SET (selected NONE)' : 'NOOP')
  }

  /** Changes flags in silence, and believes that they have changed. */
  async storeSilently(number: number, action: '+' | '-' | '', flags: readonly string[]): Promise<void> {
    const message = this.messages[number - 1]
    if (message?.flags !== undefined) {
      const before = action === '' ? [] : message.flags.split(' ').filter(flag => flag !== '' && !flags.includes(flag))
      message.flags = spelled(action === '-' ? before : [...before, ...flags])
    } else if (message && action === '') {
      message.flags = spelled(flags)
    }
    await this.command(`STORE ${number} ${action}FLAGS.SILENT (${flags.join(' ')})`)
  }

  /** Idles while something happens. */
  async idle(happens: () => Promise<void>): Promise<void> {
    this.#hear(await this.#client.send('i IDLE\r\n').until(/^\+ .*\r\n/m))
    await happens()
    this.#hear(await this.#client.send('DONE\r\n').until(/^i .*\r\n/m))
  }

  /** Asks for what it does not know. */
  async learn(): Promise<void> {
    const numbers = this.messages.flatMap(({ uid, flags }, index) =>
      uid === undefined || flags === undefined ? [index + 1] : [],
    )
    if (numbers.length > 0) await this.command(`FETCH ${UidSet.of(numbers)} (UID FLAGS)`)
  }

  #hear(text: string): void {
    for (const line of text.split('\r\n')) {
      const [, digits, word, rest] = /^\* (?:(\d+) )?([A-Z]+) ?(.*)$/.exec(line) ?? []
      if (word === 'EXISTS') this.#exists(Number(digits))
      else if (word === 'EXPUNGE') this.#expunged(Number(digits))
      else if (word === 'VANISHED') this.#vanished(rest ?? '')
      else if (word === 'FETCH') this.#fetched(Number(digits), rest ?? '')
      else if (/^\S+ (BAD|NO)|^\* BYE/.test(line)) throw new Error(`the server says ${line}`)
    }
  }

  #exists(count: number): void {
    if (count < this.messages.length) throw new Error('EXISTS has taken messages away')
    while (this.messages.length < count) this.messages.push({ uid: undefined, flags: undefined })
  }

  #expunged(number: number): void {
    if (!this.#canExpunge) throw new Error('EXPUNGE came while numbers were in use')
    if (number > this.messages.length) throw new Error('EXPUNGE of a message that is not there')
    this.messages.splice(number - 1, 1)
  }

  #vanished(set: string): void {
    if (!this.#canExpunge) throw new Error('VANISHED came while numbers were in use')
    for (const [first, last] of UidSet.parse(set)?.ranges ?? []) {
      for (let uid = first; uid <= last; uid++) {
        const known = this.messages.findIndex(message => message.uid === uid)
        const index = known === -1 ? this.#unknownBelow(uid) : known
        if (index === -1) throw new Error('VANISHED of a message that is not there')
        this.messages.splice(index, 1)
      }
    }
  }

  /** A UID that was never told belongs to one of those messages about which nothing is known, in the order of UIDs. */
  #unknownBelow(uid: number): number {
    const above = this.messages.findIndex(message => message.uid !== undefined && message.uid > uid)
    const below = above === -1 ? this.messages : this.messages.slice(0, above)
    return below.findLastIndex(message => message.uid === undefined)
  }

  #fetched(number: number, items: string): void {
    const message = this.messages[number - 1]
    if (!message) throw new Error('FETCH of a message that is not there')
    const uid = /UID (\d+)/.exec(items)?.[1]
    const flags = /FLAGS \(([^)]*)\)/.exec(items)?.[1]
    if (uid !== undefined && message.uid !== undefined && message.uid !== Number(uid)) {
      throw new Error(`message ${number} is ${uid} and was ${message.uid}`)
    }
    if (uid !== undefined) message.uid = Number(uid)
    if (flags !== undefined) message.flags = spelled(flags.split(' '))
  }
}

/** Writes flags in an order of their own, so that they can be compared. */
export function spelled(flags: readonly string[]): string {
  return flags
    .filter(flag => flag !== '')
    .toSorted()
    .join(' ')
}
