import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { backOffMs, errorClassOf } from '../../../src/daemon/schedule/error-class.ts'

const ERRORS = resolve(import.meta.dirname, '../../../docs/errors.md')

t.test('failures are told apart by who can cure them', async t => {
  for (const [kind, codes] of [
    ['net', ['NET_DNS', 'NET_REFUSED', 'UPSTREAM_LOST', 'UPSTREAM_SILENT']],
    ['server', ['UPSTREAM_BYE', 'UPSTREAM_SIGN_IN_UNAVAILABLE', 'TLS_UNTRUSTED', 'FORMATS_IMAP_SYNTAX', 'BUG']],
    [
      'auth',
      [
        'UPSTREAM_SIGN_IN_REFUSED',
        'PROFILE_NO_PASSWORD',
        'PROFILE_PASSWORD_WANTED',
        'UPSTREAM_CERTIFICATE_WANTED',
        'PROFILE_SIGN_IN_STOPPED',
      ],
    ],
    ['data', ['STORE_DISK_FULL', 'STORE_WRITE_FAILED', 'PROFILE_KEYCHAIN_UNAVAILABLE', 'TLS_APPROVALS_UNREADABLE']],
  ] as const) {
    for (const code of codes) t.equal(errorClassOf({ code }), kind, code)
  }
})

t.test('every documented code has a wait that is no busy loop', async t => {
  const codes = [...readFileSync(ERRORS, 'utf8').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code = '']) => code)
  t.ok(codes.length > 80)
  for (const code of codes) {
    for (const failures of [1, 2, 10]) t.ok(backOffMs({ code }, failures) >= 1000, `${code}, failure ${failures}`)
  }
})

t.test('an engine that was killed is started again at once', async t => {
  t.equal(backOffMs({ code: 'DAEMON_ENGINE_CRASHED' }, 1), 1000)
})
