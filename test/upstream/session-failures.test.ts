import t from 'tap'
import { failures as dav } from '../../src/upstream/dav/http/failures.ts'
import { failures as imap } from '../../src/upstream/imap/connection/failures.ts'
import { failures as sieve } from '../../src/upstream/sieve/failures.ts'
import { failures as smtp } from '../../src/upstream/smtp/failures.ts'

const WHERE = 'mail.example.test:1'

t.test('what ends a session has one code, whatever protocol it is, and a way out of that one', async t => {
  for (const [scheme, protocol, failures] of [
    ['imaps', 'IMAP', imap],
    ['smtps', 'SMTP', smtp],
    ['sieves', 'ManageSieve', sieve],
  ] as const) {
    t.match(failures.noStartTls(WHERE), {
      code: 'UPSTREAM_NO_STARTTLS',
      remedy: 'user',
      advice: RegExp(`${scheme}://`),
    })
    t.match(failures.injection(WHERE), { code: 'UPSTREAM_STARTTLS_INJECTION', advice: RegExp(`or ${scheme}\\.`) })
    const slow = { code: 'UPSTREAM_SILENT', remedy: 'retry', message: / within 30 s\.$/, advice: RegExp(protocol) }
    t.match(failures.tooSlow(WHERE, 30_000), slow)
  }
  t.match(smtp.tooSlow(WHERE), { message: /no session came about in time\.$/ })
  for (const failures of [imap, smtp, sieve, dav]) {
    const cause = new Error('reset')
    t.match(failures.lost(WHERE, cause), { code: 'UPSTREAM_LOST', message: `${WHERE} closed the connection.`, cause })
    t.match(failures.silent(WHERE, 2000), { code: 'UPSTREAM_SILENT', message: `${WHERE} said nothing for 2 s.` })
  }
  t.match(sieve.lost(WHERE).advice, /^Try again later/, 'nothing asks it by itself')
  t.match(imap.lost(WHERE).advice, /tries again by itself/)
})
