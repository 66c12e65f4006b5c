import fc from 'fast-check'
import t from 'tap'
import { DataScanner } from '../../src/formats/smtp/data-scanner.ts'

/** What the scanner must find, by looking at the whole text at once. */
function reference(text: string): { message: string; rest: string | undefined; fault: boolean } {
  const end = text.startsWith('.\r\n') ? 0 : text.indexOf('\r\n.\r\n') + 2
  const found = end === 0 ? text.startsWith('.\r\n') : end > 1
  const message = found ? text.slice(0, end) : text
  return { message, rest: found ? text.slice(end + 3) : undefined, fault: /\r(?!\n)|(?<!\r)\n/.test(message) }
}

const text = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', 'x', '..', '\r\n.', '\r\n.\r\n'), { maxLength: 30 })
  .map(parts => parts.join(''))

t.test('however a message is cut, its end and its octets are found', async t => {
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }), (text, cuts) => {
      const scanner = new DataScanner()
      let [message, rest, at] = ['', undefined as string | undefined, 0]
      for (let cut = 0; at < text.length && rest === undefined; cut++) {
        const size = cuts[cut % cuts.length] ?? 1
        const scanned = scanner.push(Buffer.from(text.slice(at, at + size)))
        message += scanned.octets.toString()
        if (scanned.rest) rest = scanned.rest.toString() + text.slice(at + size)
        at += size
      }
      const expected = reference(text)
      if (expected.rest === undefined) return rest === undefined
      const isSame = message === expected.message && rest === expected.rest
      return isSame && (scanner.fault !== undefined) === expected.fault && scanner.octetCount === message.length
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})
