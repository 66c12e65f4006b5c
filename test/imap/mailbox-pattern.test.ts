import fc from 'fast-check'
import t from 'tap'
import { MailboxPattern } from '../../src/imap/mailbox/mailbox-pattern.ts'

/** What the definition says, as an expression: fine for short patterns, hopeless for hostile ones. */
function byExpression(pattern: string, name: string): boolean {
  const source = pattern.replace(/[*%]|[^*%]/gsu, part => {
    if (part === '*') return '.*'
    return part === '%' ? '[^/]*' : part.replace(/[.*+?^${}()|[\]\\/-]/u, '\\$&')
  })
  return new RegExp(`^${source}$`, 'su').test(name)
}

t.test('patterns match what they say', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ü', '.', '🙂'), maxLength: 12 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ü', '.', '🙂', '*', '%'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (pattern, name) => {
      return new MailboxPattern(pattern).matches(name, '/') === byExpression(pattern, name)
    }),
    { numRuns: 5000 },
  )
})

t.test('INBOX matches in any case, other names do not', async t => {
  for (const pattern of ['inbox', 'iNb*', '%BOX', '*']) t.ok(new MailboxPattern(pattern).matches('INBOX', '/'), pattern)
  t.notOk(new MailboxPattern('sent').matches('Sent', '/'))
})

t.test('without a hierarchy both wildcards are the same', async t => {
  t.ok(new MailboxPattern('%').matches('a/b', undefined))
})

t.test('no pattern makes work that grows faster than the square of a name', async t => {
  const name = 'a'.repeat(1000)
  const started = performance.now()
  for (const pattern of ['*a'.repeat(900), `${'%a'.repeat(900)}b`, '*%'.repeat(30_000), 'a'.repeat(60_000)]) {
    new MailboxPattern(pattern).matches(name, '/')
  }
  t.ok(performance.now() - started < 3000)
})
