import t from 'tap'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { preview } from '../../../src/formats/mail/text/preview.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

function previewOf(message: string | Buffer): string {
  const octets = Buffer.from(message)
  return preview(parseMimeTree([octets]), ({ start, end }) => [octets.subarray(start, end)])
}

const html = (body: string) => `Content-Type: text/html; charset=utf-8\r\n\r\n${body}`
const base64 = (type: string, octets: Buffer) =>
  `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${octets.toString('base64')}`

const PREVIEWS: readonly (readonly [what: string, message: string | Buffer, expected: string])[] = [
  ['a plain text in one line', MIME_MESSAGES['a plain text'] ?? '', 'One line. Two lines.'],
  ['quoted-printable and a charset', MIME_MESSAGES['a text in format=flowed'] ?? '', 'Grüße aus Berlin'],
  [
    'the plain text of an alternative',
    MIME_MESSAGES['Outlook: alternative in related in mixed'] ?? '',
    'See the picture.',
  ],
  ['the text beside winmail.dat', MIME_MESSAGES['winmail.dat'] ?? '', 'café'],
  ['the signed text', MIME_MESSAGES.signed ?? '', 'signed text'],
  ['nothing of what is encrypted', MIME_MESSAGES.encrypted ?? '', ''],
  ['nothing of nothing', '', ''],
  ['HTML without its tags', html('<p>One &amp; <b>t</b>wo</p><p>three&nbsp;&#8212;</p>'), 'One & two three —'],
  [
    'no styles, scripts, titles and comments',
    html('<title>a</title><style>b{}</style><script>if(c<d)</script><!-- e -->f'),
    'f',
  ],
  ['no padding without a width', html('&zwnj;&nbsp;&#847;&zwnj; a&shy;b &#8203; c'), 'ab c'],
  ['HTML that is broken', html('a<b c="d>e</b <i>f &unknown; &#xffffff; < g'), 'a'],
  [
    'HTML when the plain text is empty',
    'Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\n \r\n--a\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--a--',
    'x',
  ],
  ['no text that is a file', 'Content-Disposition: attachment\r\n\r\nx', ''],
  ['no text in an unknown encoding', 'Content-Transfer-Encoding: x-uuencode\r\n\r\nx', ''],
  ['UTF-8 without a charset', 'Subject: x\r\n\r\nGrüße', 'Grüße'],
  ['other octets without a charset', Buffer.from('Subject: x\r\n\r\nGr\xfc\xdfe', 'latin1'), 'Grüße'],
  ['a charset that nobody knows', 'Content-Type: text/plain; charset=x-none\r\n\r\nGrüße', 'Grüße'],
  ['a Japanese charset', base64('text/plain; charset=iso-2022-jp', Buffer.from('\x1b$B%F%9%H\x1b(B')), 'テスト'],
  [
    'a charset of Windows',
    base64('text/plain; charset=cp932', Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67])),
    'テスト',
  ],
  [
    'UTF-16 with the mark of the big end',
    base64('text/plain; charset=utf-16', Buffer.from([0xfe, 0xff, 0, 0xe4])),
    'ä',
  ],
  ['UTF-16 with a mark', base64('text/plain; charset=utf-16', Buffer.from('\ufeffäß', 'utf16le')), 'äß'],
  [
    'octets that are not of the charset',
    base64('text/plain; charset=utf-8', Buffer.from([0x61, 0xff, 0x62])),
    'a\ufffdb',
  ],
]

for (const [what, message, expected] of PREVIEWS) {
  t.test(`a preview shows ${what}`, async t => t.equal(previewOf(message), expected))
}

t.test('a preview has 200 characters, none of them cut', async t => {
  t.equal(previewOf(`\r\n${'x'.repeat(1000)}`), 'x'.repeat(200))
  t.equal(previewOf(`Content-Type: text/plain; charset=utf-8\r\n\r\n${'😀'.repeat(300)}`), '😀'.repeat(200))
  t.equal(
    previewOf(`Content-Type: text/plain; charset=utf-8\r\n\r\n${' '.repeat(16_383)}ü`),
    '',
    'a character at the limit',
  )
})

t.test('of a large message only the beginning is read', async t => {
  const octets = Buffer.from(`Content-Type: text/html\r\n\r\n<p>${'x '.repeat(2_000_000)}`)
  let read = 0
  preview(parseMimeTree([octets]), ({ start, end }) => {
    read += end - start
    return [octets.subarray(start, end)]
  })
  t.ok(read <= 262_144, `${read} octets`)
})
