import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { InstallationDefaults } from '../../src/config/installation-defaults.ts'

t.test('the administrator’s file in docs/install.md does what its comments say', async t => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/install.md'), 'utf8')
  const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
  const defaults = InstallationDefaults.parse(example, 'docs/install.md')
  t.same(defaults.upstreamsFor('ada@example.org'), {
    imap: 'imaps://imap.example.org',
    smtp: 'smtp+starttls://smtp.example.org:587',
    sieve: 'sieve://imap.example.org',
    user: 'ada',
  })
  t.equal(defaults.upstreamsFor('ada@other.example'), undefined)
  t.equal(defaults.hasPortsPerUser, true)
  t.match(defaults.config, { log: { level: 'errors' } })
  const ports = InstallationDefaults.parse(
    example.replace('per-user', '{ pop3: 5110, smtp: 5587, imap: 5143 }'),
    'page',
  )
  t.match(ports.config, { fronts: { pop3: { port: 5110 }, smtp: { port: 5587 }, imap: { port: 5143 } } })
})
