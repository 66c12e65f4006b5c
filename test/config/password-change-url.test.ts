import fc from 'fast-check'
import t from 'tap'
import { parsePasswordChangeUrl, passwordChangeSetting } from '../../src/config/password-change-url.ts'

const isValid = (text: string) => passwordChangeSetting.safeParse(text).success

t.test('a place to change a password at is inside TLS, and has nobody’s password in it', async t => {
  for (const text of [
    'ldaps://ldap.example.org/uid=%u,ou=people,dc=example,dc=org',
    'ldap://[::1]:3389/mail=%e,dc=%d',
    'ldaps://ldap.%d/cn=%u,ou=My%%20People',
    'https://example.org/password?for=%e',
  ])
    t.ok(isValid(text), text)
  for (const text of [
    'http://example.org/',
    'ldaps://ldap.example.org',
    'ldaps://ldap.example.org/',
    'ldaps://ldap.example.org/uid=%u?userPassword',
    'ldaps://ada:secret@ldap.example.org/uid=%u',
    'https://ada:secret@example.org/',
    'https://example.org/%x',
    'ldaps://ldap.example.org:70000/uid=%u',
    'javascript:alert(1)',
  ])
    t.notOk(isValid(text), text)
})

t.test('what comes from an address is one value, and nothing else', async t => {
  const dnOf = (email: string) => {
    const place = parsePasswordChangeUrl('ldaps://ldap.%d/uid=%u,ou=people', email)
    return place?.kind === 'ldap' ? [place.host, place.dn] : undefined
  }
  t.same(dnOf('ada@example.org'), ['ldap.example.org', 'uid=ada,ou=people'])
  t.same(dnOf('ada,ou=admins+x=y@bücher.example'), [
    'ldap.xn--bcher-kva.example',
    String.raw`uid=ada\,ou\=admins\+x\=y,ou=people`,
  ])
  t.equal(dnOf('a\ud800@example.org')?.[1], 'uid=a\ufffd,ou=people')
  t.same(dnOf('#a\\"@example.org')?.[1], String.raw`uid=\#a\\\",ou=people`)
  const word = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(
    fc.property(word, fc.domain(), (user, domain) => {
      const place = parsePasswordChangeUrl('https://www.example.org/p/%u?e=%e', `${user}@${domain}`)
      if (place?.kind !== 'https') return
      t.match(place.url, { host: 'www.example.org', hash: '' })
      if (place.url.searchParams.get('e') !== `${user}@${domain}`.toWellFormed()) t.fail(place.url.href)
    }),
  )
})
