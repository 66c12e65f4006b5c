import t from 'tap'
import { CODE_PAGES, encodeAnsi } from '../../src/outlook/setup/code-page.ts'

t.test('all that a code page has comes back octet by octet', async t => {
  const octets = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))
  for (const codePage of CODE_PAGES) {
    const decoder = new TextDecoder(`windows-${codePage}`)
    const isText = (octet: number) => octet < 0x80 || !/[\x80-\x9f\ufffd]/.test(decoder.decode(Buffer.of(octet)))
    const own = octets.filter(isText)
    t.ok(own.length > 128 + 80, `${codePage} has ${own.length} characters`)
    t.same(encodeAnsi(decoder.decode(own), codePage), Buffer.from(own), `${codePage}`)
  }
})

t.test('the Euro sign stands where Windows has it, and what is no letter of the code page is refused', async t => {
  t.same(encodeAnsi('€5', 1252), Buffer.of(0x80, 0x35))
  for (const text of ['\x81', '\x8d', '\ufffd', '\ud800', '阿']) {
    t.throws(() => encodeAnsi(text, 1252), { code: 'OUTLOOK_NOT_EXPRESSIBLE' })
  }
  t.throws(() => encodeAnsi('😀', 1252), { message: /😀/ })
})
