import t from 'tap'
import { chooseMechanism, type PasswordMechanism } from '../../src/sasl/choose-mechanism.ts'

const server = (offered: string, isSecure: boolean) => {
  const names = offered.split(' ')
  return { host: 'mail.example.org', port: 993, isSecure, offers: (name: string) => names.includes(name) }
}
const byPassword = (offered: string, isSecure: boolean, mechanism?: PasswordMechanism) => {
  const credentials = { user: 'ada', password: 'x', ...(mechanism ? { mechanism } : {}) }
  return chooseMechanism(credentials, server(offered, isSecure))?.name
}

t.test('SCRAM-SHA-256 is best; inside TLS PLAIN is next, in clear a digest', async t => {
  t.equal(byPassword('PLAIN CRAM-MD5 SCRAM-SHA-256', true), 'SCRAM-SHA-256')
  t.equal(byPassword('PLAIN CRAM-MD5 SCRAM-SHA-256', false), 'SCRAM-SHA-256')
  t.equal(byPassword('LOGIN PLAIN CRAM-MD5', true), 'PLAIN')
  t.equal(byPassword('LOGIN PLAIN CRAM-MD5', false), 'CRAM-MD5')
  t.equal(byPassword('CRAM-MD5', true), 'CRAM-MD5')
  t.equal(byPassword('LOGIN GSSAPI', true), 'LOGIN')
  t.equal(byPassword('GSSAPI XOAUTH2', true), undefined)
})

t.test('a mechanism that was chosen is not replaced by another', async t => {
  const all = 'LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2'
  t.equal(byPassword(all, true, 'plain'), 'PLAIN')
  t.equal(byPassword('LOGIN', true, 'plain'), 'LOGIN')
  t.equal(byPassword(all, true, 'cram-md5'), 'CRAM-MD5')
  t.equal(byPassword('PLAIN CRAM-MD5', true, 'scram-sha-256'), undefined)
  t.equal(byPassword('PLAIN', true, 'cram-md5'), undefined)
})

t.test('a token goes by the registered mechanism where there is one, and never as a password', async t => {
  const byToken = (offered: string) => chooseMechanism({ user: 'ada', token: 'x' }, server(offered, true))?.name
  t.equal(byToken('PLAIN XOAUTH2 OAUTHBEARER'), 'OAUTHBEARER')
  t.equal(byToken('PLAIN XOAUTH2'), 'XOAUTH2')
  t.equal(byToken('PLAIN LOGIN'), undefined)
})

t.test(
  'EXTERNAL is for TLS alone, where a certificate was shown; the response names who is meant, or nobody',
  async t => {
    const server = { host: 'mail.example.test', port: 993, offers: () => true, isSecure: true }
    const external = { user: 'ada', external: true } as const
    t.match(chooseMechanism(external, server), { name: 'EXTERNAL', initialResponse: Buffer.alloc(0) })
    t.match(chooseMechanism({ ...external, authorize: 'ada' }, server), { initialResponse: Buffer.from('ada') })
    t.equal(chooseMechanism(external, { ...server, isSecure: false }), undefined)
    const password = { user: 'ada', password: 'x' }
    t.not(chooseMechanism(password, server)?.name, 'EXTERNAL', 'who gives a password is asked for no certificate')
  },
)
