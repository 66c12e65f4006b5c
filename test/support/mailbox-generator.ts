import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a seeded source of numbers in [0, 1): the same seed gives the same mailbox (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How large a generated mailbox is. */
export interface MailboxOptions {
  readonly messages: number
  readonly seed: number
  /** Every how many messages one of 1 to 10 MB comes; 0 for none. */
  readonly largeEvery?: number
  /** No message is larger, the large ones excepted. */
  readonly maxOctets?: number
  /** All messages have this size instead. */
  readonly octets?: number
}

const MEDIAN_OCTETS = 8000 // of real mail, the large ones left out
const FIRST_DATE_MS = Date.UTC(2020, 8, 13, 12, 0, 0)
const HOUR_MS = 3_600_000

/** Fills a Maildir with invented mail: sizes as in real life (lognormal), a few odd ones, every third unread. */
export function generateMaildir(folder: string, options: MailboxOptions): number {
  const { messages, seed, largeEvery = 333 } = options
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(folder, part), { recursive: true })
  const random = seededRandom(seed)
  const text = makeText(random)
  let octets = 0
  for (let index = 0; index < messages; index++) {
    const date = new Date(FIRST_DATE_MS + index * HOUR_MS)
    const large = largeEvery > 0 && index % largeEvery === 7
    const message = makeMessage({ index, seed, date, octets: drawSize(random, large, options), random, text })
    const flags = index % 3 === 0 ? '' : 'S'
    const file = join(folder, 'cur', `${date.getTime() / 1000}.M${index}P1.generated:2,${flags}`)
    writeFileSync(file, message)
    utimesSync(file, date, date)
    octets += message.length
  }
  return octets
}

function drawSize(random: () => number, large: boolean, { maxOctets = 900_000, octets }: MailboxOptions): number {
  if (octets !== undefined) return octets
  if (large) return Math.floor((1 + 9 * random()) * 2 ** 20)
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.min(maxOctets, Math.max(1500, Math.floor(MEDIAN_OCTETS * Math.exp(normal))))
}

function makeText(random: () => number): string {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz'
  const words = Array.from({ length: 2000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 9) }, () => letters[Math.floor(random() ** 2 * 26)]).join(''),
  )
  const lines = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 10 }, () => words[Math.floor(random() * words.length)]).join(' '),
  )
  return lines.join('\n')
}

interface MessageOptions {
  readonly index: number
  readonly seed: number
  readonly date: Date
  readonly octets: number
  readonly random: () => number
  readonly text: string
}

function makeMessage({ index, seed, date, octets, random, text }: MessageOptions): Buffer {
  const id = (of: number) => `<${seed}.${of}@generated.example>`
  const references = [4, 3, 2, 1].map(back => index - back).filter(of => of >= 0)
  const written = date.toUTCString().replace('GMT', '+0000')
  const eightBit = index % 11 === 0
  const header = [
    'Return-Path: <sender@example.org>',
    `Received: from mx.example.net (mx.example.net [192.0.2.1])\n\tby mail.example.org with ESMTPS id ${index};\n\t${written}`,
    `From: =?UTF-8?Q?Ad=C3=A9la_${index % 97}?= <sender${index % 97}@example.org>`,
    'To: User <user@example.org>',
    `Subject: =?UTF-8?B?${Buffer.from(`Zpráva č. ${index}`).toString('base64')}?= message ${index}`,
    `Date: ${written}`,
    ...(index % 50 === 49 ? [] : [`Message-ID: ${id(index)}`]), // some real messages have none
    ...(references.length > 0 ? [`References: ${references.map(id).join('\n\t')}`] : []),
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${eightBit ? 'iso-8859-1' : 'utf-8'}`,
    `Content-Transfer-Encoding: ${eightBit ? '8bit' : '7bit'}`,
  ].join('\n')
  const prefix =
    (eightBit ? 'Sm\u00f8rrebr\u00f8d \u00e9t\u00e9\n' : '') + // octets that are no UTF-8
    (index % 23 === 0 ? '.\n..\n.leading dots\nFrom the start of a line\n' : '')
  return Buffer.from(`${header}\n\n${prefix}${bodyOf({ octets: octets - header.length, random, text })}\n`, 'latin1')
}

function bodyOf({ octets, random, text }: Pick<MessageOptions, 'octets' | 'random' | 'text'>): string {
  const room = Math.max(100, octets)
  const start = Math.floor(random() * Math.max(1, text.length - room - 1))
  let body = text.slice(start, start + room)
  while (body.length < room) body += text.slice(0, room - body.length)
  return body
}
