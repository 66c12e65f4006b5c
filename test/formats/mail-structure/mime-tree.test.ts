import t from 'tap'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'
import { outline } from '../../support/mime-outline.ts'

const outlineOf = (text: string) => {
  const octets = Buffer.from(text, 'latin1')
  return outline(parseMimeTree([octets]).root, octets)
}

const SHAPES: Readonly<Record<string, readonly string[]>> = {
  'a plain text': ['- text/plain 7bit "One line.\\r\\nTwo lines.\\r\\n" 2'],
  'no MIME fields and no body': ['- text/plain 7bit "" 0'],
  'Outlook: alternative in related in mixed': [
    '- multipart/mixed',
    '1 multipart/related',
    '1.1 multipart/alternative',
    '1.1.1 text/plain 7bit "See the picture.\\r\\n" 1',
    '1.1.2 text/html quoted-printable "<html><body>See the <b>picture</b>.<img =\\r\\nsrc=3D\\"cid:image001.png@01D00000.00000000\\"></body></html>\\r\\n" 2',
    '1.2 image/png base64 "iVBORw0KGgo=\\r\\n" 1',
    '2 application/vnd.openxmlformats-officedocument.wordprocessingml.document base64 "UEsDBBQABgAI\\r\\n" 1',
  ],
  signed: [
    '- multipart/signed',
    '1 text/plain 7bit "signed text\\r\\n" 1',
    '2 application/pkcs7-signature base64 "MIIBAAAA" 0',
  ],
  'a message in a message in a message': [
    '- multipart/mixed',
    '1 text/plain 7bit "See below." 0',
    '2 message/rfc822 (Fwd: deep)',
    '  2 multipart/mixed',
    '  2.1 text/html 7bit "<p>second</p>" 0',
    '  2.2 message/rfc822 (deep)',
    '    2.2 text/plain 7bit "third\\r\\nline" 1',
    '3 text/plain 7bit "last" 0',
  ],
  'a delivery status': [
    '- multipart/report',
    '1 text/plain 7bit "It could not be delivered.\\r\\n" 1',
    '2 message/delivery-status 7bit "Reporting-MTA: dns; example.test\\r\\n\\r\\nFinal-Recipient: rfc822; x@example.test\\r\\nAction: failed\\r\\nStatus: 5.1.1\\r\\n" 5',
    '3 message/rfc822 (lost)',
    '  3 text/plain 7bit "where" 0',
  ],
  'a digest': [
    '- multipart/digest',
    '1 message/rfc822 (one)',
    '  1 text/plain 7bit "1" 0',
    '2 text/plain 7bit "not a message" 0',
    '3 message/rfc822 (two)',
    '  3 text/plain 7bit "2" 0',
  ],
  'boundaries that begin alike': [
    '- multipart/mixed',
    '1 multipart/mixed',
    '1.1 text/plain 7bit "one" 0',
    '2 multipart/mixed',
    '2.1 text/plain 7bit "two" 0',
  ],
  'no closing boundary': [
    '- multipart/mixed',
    '1 multipart/alternative',
    '1.1 text/plain 7bit "one" 0',
    '2 text/plain 7bit "two\\r\\n" 1',
  ],
  'empty parts': ['- multipart/mixed', '1 text/plain 7bit "" 0', '2 text/html 7bit "" 0', '3 text/plain 7bit "" 0'],
}

for (const [name, expected] of Object.entries(SHAPES)) {
  t.test(`the parts of a message are found: ${name}`, async t => {
    t.same(outlineOf(MIME_MESSAGES[name] ?? ''), expected)
  })
}

const multipart = (parameters: string, body: string) => `Content-Type: multipart/mixed${parameters}\r\n\r\n${body}`

const BROKEN: Readonly<Record<string, readonly [text: string, ...expected: string[]]>> = {
  'nothing at all': ['', '- text/plain 7bit "" 0'],
  'only a blank line': ['\r\n', '- text/plain 7bit "" 0'],
  'a body without a header': ['\r\nbody', '- text/plain 7bit "body" 0'],
  'no blank line': ['Subject: x\r\nhello', '- text/plain 7bit "" 0'],
  'lines that end with LF alone': [
    'Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n\n--a\nContent-Type: text/html\n\ntwo\n--a--\n',
    '- multipart/mixed',
    '1 text/plain 7bit "one\\n" 1',
    '2 text/html 7bit "two" 0',
  ],
  'no boundary parameter': [
    multipart('', '--a\r\n\r\nx\r\n--a--\r\n'),
    '- text/plain 7bit "--a\\r\\n\\r\\nx\\r\\n--a--\\r\\n" 4',
  ],
  'an empty boundary': [multipart('; boundary=""', '--\r\n\r\nx'), '- text/plain 7bit "--\\r\\n\\r\\nx" 2'],
  'a boundary that never comes': [multipart('; boundary=b', '--a\r\n\r\nx'), '- text/plain 7bit "--a\\r\\n\\r\\nx" 2'],
  'only a closing boundary': [multipart('; boundary=a', 'x\r\n--a--'), '- text/plain 7bit "x\\r\\n--a--" 1'],
  'a message that ends with a boundary': [
    multipart('; boundary=a', '--a\r\n\r\nx\r\n--a'),
    '- multipart/mixed',
    '1 text/plain 7bit "x" 0',
    '2 text/plain 7bit "" 0',
  ],
  'a part whose header has no end': [
    multipart('; boundary=a', '--a\r\nContent-Type: text/html\r\n--a\r\n\r\nx\r\n--a--'),
    '- multipart/mixed',
    '1 text/html 7bit "" 0',
    '2 text/plain 7bit "x" 0',
  ],
  'blanks behind a boundary': [
    multipart('; boundary="a b "', '--a b \t\r\n\r\nx\r\n--a b-- \r\nend'),
    '- multipart/mixed',
    '1 text/plain 7bit "x" 0',
  ],
  'a boundary that another one begins with': [
    multipart(
      '; boundary=a-',
      '--a-\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a-\r\n\r\ny\r\n--a---',
    ),
    '- multipart/mixed',
    '1 multipart/mixed',
    '1.1 text/plain 7bit "x" 0',
    '2 text/plain 7bit "y" 0',
  ],
  'the same boundary inside and outside': [
    multipart(
      '; boundary=a',
      '--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a\r\n\r\ny\r\n--a--',
    ),
    '- multipart/mixed',
    '1 multipart/mixed',
    '1.1 text/plain 7bit "x" 0',
    '2 text/plain 7bit "y" 0',
  ],
  'a boundary inside the header of a message in a message': [
    multipart('; boundary=a', '--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: cut\r\n--a\r\n\r\nx\r\n--a--'),
    '- multipart/mixed',
    '1 message/rfc822 (cut)',
    '  1 text/plain 7bit "" 0',
    '2 text/plain 7bit "x" 0',
  ],
  'a message in base64': [
    'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==',
    '- application/octet-stream base64 "U3ViamVjdDogeA==" 0',
  ],
  'a type that is none': ['Content-Type: text\r\n\r\nx', '- text/plain 7bit "x" 0'],
}

for (const [name, [text, ...expected]] of Object.entries(BROKEN)) {
  t.test(`a broken message has parts as well: ${name}`, async t => {
    t.same(outlineOf(text), expected)
  })
}
