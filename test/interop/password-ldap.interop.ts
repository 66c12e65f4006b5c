import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { RunningHome } from '../support/running-home.ts'
import { LDAP_BASE, slapdMissing, startSlapd } from '../support/slapd.ts'

const EMAIL = 'ada+mail@example.test' // `+` has a meaning of its own in the names of a directory
const PEOPLE = `uid=%u,ou=people,${LDAP_BASE}`
const hasLdapDovecot = existsSync('/usr/lib/dovecot/modules/auth/libauthdb_ldap.so')
const skip = dovecotMissing() ?? slapdMissing() ?? (hasLdapDovecot ? false : 'dovecot-ldap is not installed')

t.test('a password is changed in the directory that the mail server asks', { skip }, async t => {
  const dir = t.testdir()
  const certificate = await makeServerCertificate(dir)
  process.env.NODE_EXTRA_CA_CERTS = certificate.caFile
  await using slapd = await startSlapd({ people: { 'ada+mail': 'first' }, certificate })
  writeFileSync(
    join(dir, 'ldap.conf'),
    `uris = ldap://127.0.0.1:${slapd.ldapPort}\nauth_bind = yes\nbase = ou=people,${LDAP_BASE}\npass_filter = (uid=%n)\n`,
  )
  const settings = `auth_mechanisms = plain\nauth_username_chars =\npassdb {\n  driver = ldap\n  args = ${dir}/ldap.conf\n}\n`
  await using dovecot = await startDovecot({ users: [EMAIL], settings })
  writeFileSync(join(dovecot.dir, 'users'), '') // the directory alone knows passwords
  await using postern = await RunningHome.start()
  const { home } = postern
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  await postern.call('profile.add', { name: 'work', email: EMAIL, imap, password: 'first' })
  const at = (url: string) => postern.call('profile.set', { name: 'work', key: 'passwordChangeUrl', value: url })
  const change = (lines: string) =>
    home.runHere(['profile', 'password', 'work', '--on-server', '--password-stdin', '--json'], lines)
  const isGood = async () => ((await postern.call('profile.test', { name: 'work' })) as { ok: boolean }).ok

  await t.test('without a place nothing is tried', async t => {
    t.match((await change('first\nsecond\n')).json(), { error: { code: 'PROFILE_PASSWORD_NO_PLACE' } })
  })

  await t.test('over ldaps', async t => {
    await at(`ldaps://127.0.0.1:${slapd.ldapsPort}/${PEOPLE}`)
    t.ok(await isGood())
    t.match((await change('first\nsecond\n')).json(), {
      changedAt: `ldaps://127.0.0.1:${slapd.ldapsPort}`,
      stored: 'password',
    })
    t.ok(await isGood())
    await postern.call('profile.password', { name: 'work', which: 'password', password: 'first' })
    t.notOk(await isGood(), 'the server knows the new one alone')
    await postern.call('profile.password', { name: 'work', which: 'password', password: 'second' })
  })

  await t.test('over ldap with StartTLS; letters of any language', async t => {
    await at(`ldap://127.0.0.1:${slapd.ldapPort}/${PEOPLE}`)
    t.match((await change('second\nžluťoučký 🔑\n')).json(), { changedAt: /^ldap:/ })
    t.ok(await isGood())
  })

  await t.test('a wrong current password changes nothing, here or there', async t => {
    const { error } = (await change('guessed\nthird\n')).json() as { error: object }
    t.match(error, { code: 'PROFILE_PASSWORD_REFUSED', message: /it refused the current one/ })
    t.ok(await isGood())
    t.match(await postern.call('profile.show', { name: 'work' }), { passwordPending: false })
  })

  await t.test('nothing is said to a directory without TLS', async t => {
    await using plain = await startSlapd({ people: { 'ada+mail': 'žluťoučký 🔑' } })
    await at(`ldap://127.0.0.1:${plain.ldapPort}/${PEOPLE}`)
    t.match((await change('žluťoučký 🔑\nthird\n')).json(), { error: { code: 'PROFILE_PASSWORD_UNAVAILABLE' } })
    t.ok(await isGood())
  })

  await t.test('nor to one that nobody trusts', async t => {
    const stranger = await makeServerCertificate(join(dir, 'other'))
    await using other = await startSlapd({ people: { 'ada+mail': 'žluťoučký 🔑' }, certificate: stranger })
    for (const url of [`ldap://127.0.0.1:${other.ldapPort}/`, `ldaps://127.0.0.1:${other.ldapsPort}/`]) {
      await at(url + PEOPLE)
      t.match((await change('žluťoučký 🔑\nthird\n')).json(), { error: { code: 'TLS_UNTRUSTED' } }, url)
    }
    t.match(await postern.call('profile.show', { name: 'work' }), { passwordPending: false })
  })
})
