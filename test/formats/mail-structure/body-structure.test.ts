import t from 'tap'
import { withoutNuls } from '../../../src/formats/imap/server-string.ts'
import { bodyStructureText, type StructureForm } from '../../../src/formats/imap/structure/body-structure.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

const written = (text: string, form: StructureForm = 'BODYSTRUCTURE') =>
  bodyStructureText(parseMimeTree([Buffer.from(text, 'latin1')]).root, form).toString('latin1')

t.test('BODY has no extension data, BODYSTRUCTURE has all', async t => {
  const text = MIME_MESSAGES['a text in format=flowed'] ?? ''
  const parameters = '("charset" "utf-8" "format" "flowed" "delsp" "yes")'
  const basic = `"text" "plain" ${parameters} "<part@example.test>" "A text (really)" "quoted-printable" 31 2`
  t.equal(written(text, 'BODY'), `(${basic})`)
  t.equal(written(text), `(${basic} "Q2hlY2sgSW50ZWdyaXR5IQ==" ("inline" NIL) ("de" "en-GB") "http://example.test/a")`)
})

t.test('parts of a multipart stand side by side', async t => {
  const plain = '"text" "plain" ("charset" "utf-8") NIL NIL "7bit" 9 0'
  const calendar = '"text" "calendar" ("charset" "utf-8" "method" "REQUEST") NIL NIL "base64" 20 0'
  const text = MIME_MESSAGES['an invitation'] ?? ''
  t.equal(written(text, 'BODY'), `((${plain})(${calendar}) "alternative")`)
  t.equal(
    written(text),
    `((${plain} NIL NIL NIL NIL)(${calendar} NIL NIL NIL NIL) "alternative" ("boundary" "_cal_") NIL NIL NIL)`,
  )
})

t.test('a message in a message has its envelope, its structure and its lines', async t => {
  t.equal(
    written(MIME_MESSAGES['a message alone in a message'] ?? '', 'BODY'),
    '("message" "rfc822" NIL NIL NIL "7bit" 50 (NIL "inner" ((NIL NIL "inner" "example.test")) ((NIL NIL "inner" "example.test")) ' +
      '((NIL NIL "inner" "example.test")) NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1) 4)',
  )
})

t.test('octets that cannot be quoted are a literal', async t => {
  t.equal(written('Content-Type: a/b; name="\xfc"\r\n\r\n', 'BODY'), '("a" "b" ("name" {1}\r\n\xfc) NIL NIL "7bit" 0)')
})

t.test('a literal has no NUL', async t => {
  t.same(withoutNuls(Buffer.from('a\0b\0')), Buffer.from('a\x80b\x80', 'latin1'))
})
