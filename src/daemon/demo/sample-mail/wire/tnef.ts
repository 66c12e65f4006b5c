// [MS-OXTNEF] section 2.1.3: a signature, a key, then attributes.
const SIGNATURE = 0x223e9f78
const LEVEL_MESSAGE = 1
const LEVEL_ATTACHMENT = 2
const TNEF_VERSION = 0x00089006
const OEM_CODEPAGE = 0x00069007
const MESSAGE_CLASS = 0x00078008
const SUBJECT = 0x00018004
const DATE_SENT = 0x00038005
const BODY = 0x0002800c
const RENDER_DATA = 0x00069002
const ATTACHMENT_TITLE = 0x00018010
const ATTACHMENT_DATA = 0x0006800f

/** What a TNEF stream carries; texts are ASCII. */
export interface TnefContent {
  readonly subject: string
  readonly text: string
  readonly sentMs: number
  readonly file: { readonly name: string; readonly octets: Buffer }
}

/** Makes the content of a winmail.dat, as a mail program without a sense for others sends it. */
export function makeTnef({ subject, text, sentMs, file }: TnefContent): Buffer {
  const start = Buffer.alloc(6)
  start.writeUInt32LE(SIGNATURE, 0)
  start.writeUInt16LE(1, 4)
  return Buffer.concat([
    start,
    attribute(LEVEL_MESSAGE, TNEF_VERSION, uint32(0x00010000)),
    attribute(LEVEL_MESSAGE, OEM_CODEPAGE, Buffer.concat([uint32(1252), uint32(0)])),
    attribute(LEVEL_MESSAGE, MESSAGE_CLASS, terminated('IPM.Microsoft Mail.Note')),
    attribute(LEVEL_MESSAGE, SUBJECT, terminated(subject)),
    attribute(LEVEL_MESSAGE, DATE_SENT, date(sentMs)),
    attribute(LEVEL_MESSAGE, BODY, terminated(text)),
    attribute(LEVEL_ATTACHMENT, RENDER_DATA, Buffer.from('0100ffffffff2000200000000000', 'hex')),
    attribute(LEVEL_ATTACHMENT, ATTACHMENT_TITLE, terminated(file.name)),
    attribute(LEVEL_ATTACHMENT, ATTACHMENT_DATA, file.octets),
  ])
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt8(level, 0)
  head.writeUInt32LE(id, 1)
  head.writeUInt32LE(data.length, 5)
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16LE(data.reduce((sum, octet) => (sum + octet) % 65_536, 0))
  return Buffer.concat([head, data, checksum])
}

function date(ms: number): Buffer {
  const at = new Date(ms)
  const values = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes()]
  const octets = Buffer.alloc(14)
  for (const [index, value] of [...values, at.getUTCSeconds(), at.getUTCDay()].entries()) {
    octets.writeUInt16LE(value, 2 * index)
  }
  return octets
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32LE(value)
  return octets
}

function terminated(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1')
}
