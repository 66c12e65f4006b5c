import dns2 from 'dns2'
import { PosternError } from '../../errors.ts'
import { dnsFailed } from './dns-servers.ts'
import { type Answer, joinAddresses, type MxRecord, type Resolver, type SrvRecord } from './resolver.ts'

const { Packet } = dns2
const NO_ERROR = 0 // RFC 1035 section 4.1.1, as NXDOMAIN
const NX_DOMAIN = 3
const TIMEOUT_MS = 2000
const HEADER_OCTETS = 12

/** Posts one DNS message and gives what came back; fails with what went wrong. */
export type PostDns = (message: Buffer, signal: AbortSignal) => Promise<Buffer>

type Resource = dns2.Packet.Resource

/** Asks DNS over HTTPS (RFC 8484). */
export class DnsOverHttps implements Resolver {
  readonly #post: PostDns
  readonly #ending = new AbortController()

  constructor(post: PostDns) {
    this.#post = post
  }

  async addresses(name: string): Promise<Answer<string>> {
    const found = (type: 'A' | 'AAAA') => this.#ask(name, type, ({ address }) => address)
    return joinAddresses(...(await Promise.all([found('A'), found('AAAA')])))
  }

  srv(name: string): Promise<Answer<SrvRecord>> {
    return this.#ask(name, 'SRV', ({ priority = 0, weight = 0, port = 0, target }) =>
      target === undefined ? undefined : { priority, weight, port, target },
    )
  }

  mx(name: string): Promise<Answer<MxRecord>> {
    return this.#ask(name, 'MX', ({ priority = 0, exchange }) =>
      exchange === undefined ? undefined : { priority, exchange },
    )
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#ask(name, 'TXT', ({ data }) => (Array.isArray(data) ? data.join('') : data))
  }

  [Symbol.dispose](): void {
    this.#ending.abort(new Error('nobody wants the answer any more'))
  }

  async #ask<Value>(
    name: string,
    type: 'A' | 'AAAA' | 'SRV' | 'MX' | 'TXT',
    read: (record: Resource) => Value | undefined,
  ): Promise<Answer<Value>> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(TIMEOUT_MS)])
    const packet = await this.#exchange(name, Packet.TYPE[type], signal)
    if (packet.header.rcode === NX_DOMAIN) return { kind: 'no-such-name' }
    if (packet.header.rcode !== NO_ERROR) throw dnsFailed(name, `response code ${packet.header.rcode}`)
    const records = packet.answers.filter(record => record.type === Packet.TYPE[type]).map(read)
    return { kind: 'records', records: records.filter(record => record !== undefined) }
  }

  async #exchange(name: string, type: number, signal: AbortSignal): Promise<dns2.Packet> {
    const question = new Packet()
    question.header.rd = 1 // the id stays 0, for caches (RFC 8484 section 4.1)
    question.questions.push(new Packet.Question(name, type, Packet.CLASS.IN))
    try {
      const answer = await this.#post(question.toBuffer(), signal)
      if (answer.length < HEADER_OCTETS) throw new Error('a message that is too short')
      return Packet.parse(answer)
    } catch (error) {
      // Whatever was done to the octets on their way, only the answer is lost.
      throw dnsFailed(name, error instanceof PosternError || error instanceof Error ? error.message : 'broken', error)
    }
  }
}
