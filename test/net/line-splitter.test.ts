import fc from 'fast-check'
import t from 'tap'
import { LineSplitter } from '../../src/net/line-splitter.ts'

function lines(chunks: readonly string[], limit = 20): string[] {
  const splitter = new LineSplitter(limit)
  const found: string[] = []
  for (const chunk of chunks) {
    splitter.push(Buffer.from(chunk))
    for (let line = splitter.next(); line; line = splitter.next()) {
      found.push(line.kind === 'line' ? line.octets.toString() : '<too long>')
    }
  }
  return found
}

t.test('lines are the same however they are cut', async t => {
  const text = fc
    .array(fc.constantFrom('a', 'bb', '\r\n', '\n', '\r', 'x'.repeat(30)), { maxLength: 20 })
    .map(parts => parts.join(''))
  fc.assert(fc.property(text, text => lines([...text]).join('|') === lines([text]).join('|')))
  t.pass()
})

t.test('a line that is too long is told once, and the next one is whole', async t => {
  t.same(lines(['x'.repeat(50), 'y'.repeat(50), '\r\nok\r\n']), ['<too long>', 'ok'])
})
