import fc from 'fast-check'
import t from 'tap'
import { parseResponse } from '../../../src/formats/imap/response.ts'
import {
  astringText,
  flagList,
  literal8,
  literalHead,
  mailboxString,
  textString,
} from '../../../src/formats/imap/response-encoder.ts'
import { ResponseReader } from '../../../src/formats/imap/response-reader.ts'
import { textOf } from '../../../src/formats/imap/value.ts'

const wire = (text: string) => Buffer.from(text, 'latin1')

t.test('BINARY is a literal8 where it must be', async t => {
  t.equal(literal8(wire('a\0b')), '~{3}\r\na\0b')
  t.equal(literal8(wire('a "b')), '"a \\"b"')
  t.equal(literalHead(7), '{7}\r\n')
})

t.test('text is UTF-8, quoted only for clients that have asked for it', async t => {
  t.equal(textString('ü'), '{2}\r\n\xc3\xbc')
  t.equal(textString('ü"', true), '"\xc3\xbc\\""')
  t.equal(textString('ü\n', true), '{3}\r\n\xc3\xbc\n')
  t.equal(astringText('a+b'), 'a+b')
  t.equal(astringText('nil'), '"nil"')
  t.equal(astringText(''), '""')
  t.equal(mailboxString('Entwürfe & Co', false), '"Entw&APw-rfe &- Co"')
  t.equal(mailboxString('Entwürfe & Co', true), '"Entw\xc3\xbcrfe & Co"')
  t.equal(mailboxString('\uf7c3\uf7bc', false), '{2}\r\n\xc3\xbc')
})

t.test('a list of flags has flags only', async t => {
  t.equal(flagList(['\\Seen', '$x', '\\*', 'a b', '', '\\', 'a)', 'ü']), '(\\Seen $x \\*)')
  t.equal(flagList([]), '()')
})

t.test('what a server writes is what a client reads', async t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      (array, text, isUtf8) => {
        const octets = Buffer.from(array.map(octet => octet || 1))
        const found: (string | undefined)[] = []
        const reader = new ResponseReader({
          maxHeldOctets: 10_000,
          openLiteral: () => undefined,
          onResponse: parts => {
            const response = parseResponse(parts)
            if (response.kind === 'data') found.push(...response.values.map(textOf))
          },
        })
        reader.push(wire(`* X ${literal8(octets)} ${textString(text.replaceAll('\0', ''), isUtf8)}\r\n`))
        return found[0] === octets.toString() && found[1] === text.replaceAll('\0', '')
      },
    ),
  )
  t.pass()
})
