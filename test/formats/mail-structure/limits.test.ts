import process from 'node:process'
import t from 'tap'
import { MimeTreeParser, parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import type { MessageStructure, MimePart } from '../../../src/formats/mail/structure/part.ts'

const MEGABYTE = 1_048_576

const parse = (text: string) => parseMimeTree([Buffer.from(text, 'latin1')])

function depthOf(part: MimePart): number {
  if (part.kind === 'leaf') return 1
  const inner = part.kind === 'message' ? [part.message.root] : part.parts
  return 1 + Math.max(...inner.map(depthOf))
}

function countOf(part: MimePart): number {
  if (part.kind === 'leaf') return 1
  const inner = part.kind === 'message' ? [part.message.root] : part.parts
  return inner.reduce((sum, one) => sum + countOf(one), 1)
}

t.test('what is nested too deeply is a file', async t => {
  const messages = parse('Content-Type: message/rfc822\r\n\r\n'.repeat(10_000))
  t.equal(depthOf(messages.root), 50)
  const header = (level: number) => `Content-Type: multipart/mixed; boundary=b${level}x\r\n\r\n--b${level}x\r\n`
  const multiparts = parse(Array.from({ length: 1000 }, (_, level) => header(level)).join(''))
  t.equal(depthOf(multiparts.root), 50)
})

t.test('the parts behind the thousandth are one file', async t => {
  const { root } = parse(`Content-Type: multipart/mixed; boundary=a\r\n\r\n${'--a\r\n\r\nx\r\n'.repeat(5000)}--a--\r\n`)
  t.equal(countOf(root), 1001)
  t.match(root.kind === 'multipart' && root.parts.at(-1), { type: 'application', body: { end: root.body.end } })
})

t.test('fields behind the first 256 KB of a header are not read, and its parts not looked for', async t => {
  const filler = `X-Filler: ${'x'.repeat(1000)}\r\n`.repeat(300)
  const head = 'Subject: a\r\nContent-Type: multipart/mixed; boundary=a\r\n'
  const text = `${head}${filler}From: late@example.test\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n`
  const { envelope, root } = parse(text)
  t.same(envelope, { subject: 'a' })
  t.match(root, { kind: 'leaf', type: 'application', subtype: 'octet-stream' })
  t.equal(root.header.end, text.indexOf('\r\n\r\n') + 4)
})

t.test('what is said of a message is no longer than 4 MB and one header', async t => {
  const part = `--b\r\nContent-Type: message/rfc822\r\n\r\nTo: ${'a,'.repeat(120_000)}\r\n\r\nx\r\n`
  const octets = Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(20)}--b--\r\n`)
  const structure = parseMimeTree([octets])
  const { length } = JSON.stringify(structure)
  t.ok(length < 8 * MEGABYTE, `${length} units`)
  t.equal(structure.root.body.end, octets.length)
})

t.test('a large message is never held', async t => {
  const line = Buffer.from(`${'x'.repeat(76)}\r\n`)
  const chunk = Buffer.concat(Array.from({ length: 840 }, () => line))
  const parser = new MimeTreeParser()
  parser.push(Buffer.from('Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n'))
  const before = process.memoryUsage.rss()
  for (let pushed = 0; pushed < 200 * MEGABYTE; pushed += chunk.length) parser.push(Buffer.from(chunk))
  const grown = (process.memoryUsage.rss() - before) / MEGABYTE
  t.ok(grown < 120, `${grown.toFixed(0)} MB for 200 MB`)
  t.equal(countOf(parser.end().root), 2)
})

// A time that grew with the square of the length would be minutes.
const HOSTILE: Readonly<Record<string, (times: number) => string>> = {
  'comments that never end': times => `From: ${'('.repeat(times)}`,
  'quotes that never end': times => `From: ${'"a'.repeat(times)}`,
  'angles that never end': times => `From: ${'<@a,'.repeat(times)}`,
  'routes without an end': times => `From: <${'@a ,'.repeat(times)}`,
  'encoded words that are none': times => `To: ${'=?a?q?'.repeat(times)}`,
  'groups in groups': times => `To: ${'a:'.repeat(times)}`,
  blanks: times => `Content-Type: text/plain; a=${' '.repeat(times)}x; b=b${'\t'.repeat(times)}c`,
  'a fold in each line': times => `Subject: ${'\r\n x'.repeat(times)}`,
  continuations: times => `Content-Type: text/plain; ${'a*0=b;'.repeat(times)}`,
  'asterisks in a name': times => `Content-Type: text/plain; ${'*1'.repeat(times)}=b`,
  backslashes: times => `From: "${'\\'.repeat(times)}`,
  'almost boundaries': times =>
    `Content-Type: multipart/mixed; boundary=${'a'.repeat(200)}\r\n\r\n${`--${'a'.repeat(199)}b\r\n`.repeat(times / 100)}`,
}

for (const [name, text] of Object.entries(HOSTILE)) {
  t.test(`a hostile message is read in a time that grows with it: ${name}`, async t => {
    const octets = Buffer.from(`${text(100_000)}\r\n\r\n`, 'latin1')
    const before = performance.now()
    const structure: MessageStructure = parseMimeTree([octets])
    const ms = performance.now() - before
    t.equal(structure.root.header.start, 0)
    t.ok(ms < 1500, `${ms.toFixed(0)} ms for ${octets.length} octets`)
  })
}
