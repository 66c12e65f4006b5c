import type dns2 from 'dns2'
import { dnsFailed } from './dns-failed.ts'
import { makeQuestion, parseMessage, RECORDS, type RecordType, readAnswer } from './dns-message.ts'
import { type Answer, joinAddresses, type MxRecord, type Resolver, type SrvRecord } from './resolver.ts'

const TIMEOUT_MS = 2000

/** Posts one DNS message and gives what came back; fails with what went wrong. */
export type PostDns = (message: Buffer, signal: AbortSignal) => Promise<Buffer>

/** Asks DNS over HTTPS (RFC 8484). */
export class DnsOverHttps implements Resolver {
  readonly #post: PostDns
  readonly #bootstrap: Disposable | undefined
  readonly #ending = new AbortController()

  /** `bootstrap`, who knows the DoH server's own name, ends with it. */
  constructor(post: PostDns, bootstrap?: Disposable) {
    this.#post = post
    this.#bootstrap = bootstrap
  }

  async addresses(name: string): Promise<Answer<string>> {
    return joinAddresses(
      ...(await Promise.all([this.#ask(name, 'A', RECORDS.A), this.#ask(name, 'AAAA', RECORDS.AAAA)])),
    )
  }

  srv(name: string): Promise<Answer<SrvRecord>> {
    return this.#ask(name, 'SRV', RECORDS.SRV)
  }

  mx(name: string): Promise<Answer<MxRecord>> {
    return this.#ask(name, 'MX', RECORDS.MX)
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#ask(name, 'TXT', RECORDS.TXT)
  }

  [Symbol.dispose](): void {
    this.#ending.abort(new Error('nobody wants the answer any more'))
    this.#bootstrap?.[Symbol.dispose]()
  }

  async #ask<Value>(
    name: string,
    type: RecordType,
    read: (record: dns2.Packet.Resource) => Value | undefined,
  ): Promise<Answer<Value>> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(TIMEOUT_MS)])
    return readAnswer(await this.#exchange(name, type, signal), { name, type, read })
  }

  async #exchange(name: string, type: RecordType, signal: AbortSignal): Promise<dns2.Packet> {
    const question = makeQuestion(name, type)
    question.writeUInt16BE(0) // the id, for caches (RFC 8484 section 4.1)
    try {
      return parseMessage(await this.#post(question, signal))
    } catch (error) {
      // Whatever was done to the octets on their way, only the answer is lost.
      throw dnsFailed(name, error instanceof Error ? error.message : String(error), error)
    }
  }
}
