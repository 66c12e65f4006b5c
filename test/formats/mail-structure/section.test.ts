import t from 'tap'
import { filterHeader } from '../../../src/formats/mail/structure/header-filter.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { findPart, findSection, type Section, type SectionText } from '../../../src/formats/mail/structure/section.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

function section(name: string, text: string): string | undefined {
  const octets = Buffer.from(MIME_MESSAGES[name] ?? '', 'latin1')
  const range = findSection(parseMimeTree([octets]), parseSection(text))
  return range && octets.toString('latin1', range.start, range.end).replaceAll('\r\n', '\n')
}

/** `1.2.MIME` as FETCH has it. */
function parseSection(text: string): Section {
  const words = text === '' ? [] : text.split('.')
  const path = words.filter(word => /^\d+$/.test(word)).map(Number)
  const kind = words[path.length]
  return kind === undefined ? { path } : { path, text: { kind } as SectionText }
}

const DEEP = 'a message in a message in a message'
const INNER =
  'Date: Tue, 3 Jan 2006 15:04:05 +0000\nFrom: deep@example.test\nSubject: deep\nMessage-ID: <deep@example.test>\n\n'

const SECTIONS: readonly (readonly [message: string, section: string, octets: string | undefined])[] = [
  ['a plain text', '1', 'One line.\nTwo lines.\n'],
  ['a plain text', 'TEXT', 'One line.\nTwo lines.\n'],
  ['a plain text', '1.1', undefined],
  ['a plain text', '2', undefined],
  ['a plain text', '0', undefined],
  ['a plain text', '1.HEADER', undefined],
  ['a plain text', '1.TEXT', undefined],
  ['no MIME fields and no body', '', 'From: ada@example.test\nSubject: nothing\n\n'],
  ['no MIME fields and no body', 'HEADER', 'From: ada@example.test\nSubject: nothing\n\n'],
  ['no MIME fields and no body', '1.MIME', 'From: ada@example.test\nSubject: nothing\n\n'],
  ['no MIME fields and no body', '1', ''],
  [DEEP, '1', 'See below.'],
  [DEEP, '1.MIME', '\n'],
  [DEEP, '1.TEXT', undefined],
  [DEEP, '2.MIME', 'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="deep.eml"\n\n'],
  [DEEP, '2.1', '<p>second</p>'],
  [DEEP, '2.1.MIME', 'Content-Type: text/html\n\n'],
  [DEEP, '2.2', `${INNER}third\nline`],
  [DEEP, '2.2.HEADER', INNER],
  [DEEP, '2.2.TEXT', 'third\nline'],
  [DEEP, '2.2.1', 'third\nline'],
  [DEEP, '2.2.1.MIME', INNER],
  [DEEP, '2.2.1.1', undefined],
  [DEEP, '2.2.2', undefined],
  [DEEP, '3', 'last'],
  [DEEP, '4', undefined],
  ['a message alone in a message', '1', 'From: inner@example.test\nSubject: inner\n\ntext\n'],
  ['a message alone in a message', '1.HEADER', 'From: inner@example.test\nSubject: inner\n\n'],
  ['a message alone in a message', '1.1', 'text\n'],
  ['related in alternative', '2.2', 'GIF89a'],
  ['related in alternative', '2.HEADER', undefined],
]

for (const [message, name, expected] of SECTIONS) {
  t.test(`BODY[${name}] of ${message} is found`, async t => t.equal(section(message, name), expected))
}

t.test('a multipart is a part as well: all of its octets', async t => {
  const octets = section('related in alternative', '2') ?? ''
  t.match(octets, /^--Apple-Mail=_2\n/)
  t.match(octets, /\n--Apple-Mail=_2--\n$/)
})

t.test('a part is found by its numbers, the message by none', async t => {
  const structure = parseMimeTree([Buffer.from(MIME_MESSAGES[DEEP] ?? '')])
  t.equal(findPart(structure, []), structure.root)
  t.match(findPart(structure, [2, 2]), { kind: 'message' })
  t.match(findPart(structure, [2, 2, 1]), { kind: 'leaf', type: 'text' })
  t.equal(findPart(structure, [2, 9]), undefined)
})

const HEADER = 'Received: a\r\n\tb\r\nSUBJECT: one\r\nno field\r\nX-Subject: two\r\nsubject : three\r\n'

const FILTERS: readonly (readonly [kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT', names: string[], octets: string])[] = [
  ['HEADER.FIELDS', ['Subject'], 'SUBJECT: one\r\nsubject : three\r\n'],
  ['HEADER.FIELDS', ['received', 'x-subject'], 'Received: a\r\n\tb\r\nX-Subject: two\r\n'],
  ['HEADER.FIELDS', ['none'], ''],
  ['HEADER.FIELDS.NOT', ['subject'], 'Received: a\r\n\tb\r\nno field\r\nX-Subject: two\r\n'],
  ['HEADER.FIELDS.NOT', ['none'], HEADER],
]

for (const [kind, names, expected] of FILTERS) {
  t.test(`${kind} (${names.join(' ')}) leaves octets, order and the blank line`, async t => {
    for (const blank of ['', '\r\n']) {
      t.equal(filterHeader(Buffer.from(HEADER + blank), { kind, names }).toString(), expected + blank)
    }
  })
}
