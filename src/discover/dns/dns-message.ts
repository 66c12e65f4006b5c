import { randomInt } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import dns2 from 'dns2'
import { dnsFailed } from './dns-failed.ts'
import type { Answer, MxRecord, SrvRecord } from './resolver.ts'

const { Packet } = dns2
// RFC 1035 section 4.1.1: response codes.
const NO_ERROR = 0
const NX_DOMAIN = 3
const HEADER_OCTETS = 12
// dns2 reads bit by bit and goes on at octets that it cannot read: what is too much is not given to it, since whoever reads has
// the main thread meanwhile.
const MAX_OCTETS = 16_384
const MAX_RECORDS = 500

/** The types of records that are read here, with how. Names may be compressed in all of them (RFC 3597 section 4). */
export const RECORDS = {
  A: ({ address = '' }: Resource) => (isIPv4(address) ? address : undefined),
  AAAA: ({ address = '' }: Resource) => (isIPv6(address) ? address : undefined),
  SRV: ({ priority = 0, weight = 0, port = 0, target }: Resource): SrvRecord | undefined =>
    target === undefined ? undefined : { priority, weight, port, target },
  MX: ({ priority = 0, exchange }: Resource): MxRecord | undefined =>
    exchange === undefined ? undefined : { priority, exchange },
  TXT: ({ data }: Resource) => (Array.isArray(data) ? data.join('') : data),
} as const

type Resource = dns2.Packet.Resource

/** A type of {@link RECORDS}. */
export type RecordType = keyof typeof RECORDS

/** Makes a question that wants the whole work done (RD), with an id that cannot be guessed. */
export function makeQuestion(name: string, type: RecordType): Buffer {
  const question = new Packet()
  question.header.id = randomInt(0x10000) // RFC 5452 section 3
  question.header.rd = 1
  question.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN))
  return question.toBuffer()
}

/** Reads a message of a stranger; fails when it is too short or too much. */
export function parseMessage(octets: Buffer): dns2.Packet {
  if (octets.length < HEADER_OCTETS || octets.length > MAX_OCTETS)
    throw new Error(`a message of ${octets.length} octets`)
  const records = [4, 6, 8, 10].reduce((sum, offset) => sum + octets.readUInt16BE(offset), 0)
  if (records > MAX_RECORDS) throw new Error(`a message of ${records} records`)
  return Packet.parse(octets)
}

/**
 * Reads the answer to a question for the records of one type.
 *
 * @throws {PosternError} DISCOVER_DNS_FAILED when the server could not, or would not, answer.
 */
export function readAnswer<Value>(
  { header, answers }: dns2.Packet,
  {
    name,
    type,
    read,
  }: { readonly name: string; readonly type: RecordType; readonly read: (record: Resource) => Value | undefined },
): Answer<Value> {
  if (header.rcode === NX_DOMAIN) return { kind: 'no-such-name' }
  if (header.rcode !== NO_ERROR) throw dnsFailed(name, `response code ${header.rcode}`)
  const records = answers.filter(record => record.type === Packet.TYPE[type]).map(read)
  return { kind: 'records', records: records.filter(record => record !== undefined) }
}
