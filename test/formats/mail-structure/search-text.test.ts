import t from 'tap'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import {
  MAX_SEARCH_UNITS,
  searchBodyText,
  searchHeaderText,
  searchText,
} from '../../../src/formats/mail/text/search-text.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

function textsOf(message: string) {
  const octets = Buffer.from(message)
  const structure = parseMimeTree([octets])
  const source = ({ start, end }: { start: number; end: number }) => [octets.subarray(start, end)]
  return {
    header: [...searchHeaderText(structure)],
    body: [...searchBodyText(structure, source)],
    all: [...searchText(structure, source)],
  }
}

t.test('subject and addresses are found as they are read', async t => {
  t.same(textsOf(MIME_MESSAGES['a plain text'] ?? '').header, [
    'Grüße and a second line',
    'Ada Example ada@example.test',
    'Babbage, Charles charles@example.test',
    'The Countess countess@example.test',
    'engines',
    'a@example.test',
    'B C b.c@example.test',
    'undisclosed-recipients',
  ])
})

t.test('messages in the message, names of files and reports are found', async t => {
  const { header, body } = textsOf(MIME_MESSAGES['a message in a message in a message'] ?? '')
  t.same(
    header.filter(text => !text.includes('@')),
    ['Fwd: Fwd: deep', 'deep.eml', 'Fwd: deep', 'deep', 'last.txt'],
  )
  t.same(
    body.map(text => text.trim()),
    ['See below.', 'second', 'third\r\nline', 'last'],
  )
  t.match(textsOf(MIME_MESSAGES['a delivery status'] ?? '').body.join(), /Final-Recipient: rfc822; x@example.test/)
  t.same(textsOf(MIME_MESSAGES['continued and encoded parameters'] ?? '').header, ['ada@example.test', 'ü b c.pdf'])
})

t.test('what is a file, or is not text, is not read', async t => {
  t.same(textsOf(MIME_MESSAGES['winmail.dat'] ?? '').body, ['café\r\n'])
  t.same(textsOf('Content-Type: text/rtf\r\n\r\n{\\rtf1}').body, [])
})

t.test('the text of a message has a limit', async t => {
  const { all } = textsOf(`Subject: x\r\n\r\n${'a word '.repeat(1_000_000)}`)
  t.equal(all.join('').length, MAX_SEARCH_UNITS)
  const many = textsOf(
    `Content-Type: multipart/mixed; boundary=a\r\n\r\n${`--a\r\n\r\n${'word '.repeat(50_000)}\r\n`.repeat(20)}--a--`,
  )
  t.equal(many.all.join('').length, MAX_SEARCH_UNITS)
  t.ok(many.all.length <= 5)
})

t.test('hostile HTML is read in a time that grows with it', async t => {
  for (const piece of ['<a>', '</b>', '<', '&', '&#', '<!--', '<a b="', '<script>', '<title>&amp;']) {
    const before = performance.now()
    textsOf(`Content-Type: text/html\r\n\r\n${piece.repeat(500_000)}`)
    const ms = performance.now() - before
    t.ok(ms < 3000, `${piece}: ${ms.toFixed(0)} ms`)
  }
})

t.test('hostile encoded words are read in a time that grows with them', async t => {
  for (const piece of ['=?utf-8?Q?', '=?utf-8?Q?a?=', '=?utf-8?B?w7w=?= ', '?=', '=?x-none?Q?a?= ', '%c3']) {
    const before = performance.now()
    textsOf(`Subject: ${piece.repeat(20_000)}\r\nContent-Type: a/b; name*=utf-8''${piece.repeat(2000)}\r\n\r\n`)
    const ms = performance.now() - before
    t.ok(ms < 3000, `${piece}: ${ms.toFixed(0)} ms`)
  }
})
