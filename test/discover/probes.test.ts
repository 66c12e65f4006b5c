import t from 'tap'
import type { Offer } from '../../src/discover/offer.ts'
import { makeOffer } from '../../src/discover/offer.ts'
import { makeInternet } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }

function offerOf(protocol: Offer['protocol'], security: Offer['security'], port: number): Offer {
  const offer = makeOffer({
    protocol,
    security,
    host: 'mail.example.test',
    port,
    users: ['ada'],
    isUserTold: false,
    doubt: undefined,
  })
  if (!offer) throw new Error('no offer')
  return offer
}

t.test('servers tell their ways to sign in, after STARTTLS where that is asked for', async t => {
  const { search } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'mail.example.test': PUBLIC },
    mail: {
      'mail.example.test:993': { protocol: 'imap', security: 'tls', mechanisms: ['AUTH=PLAIN'] },
      'mail.example.test:994': { protocol: 'imap', security: 'tls', mechanisms: ['LOGINDISABLED', 'AUTH=XOAUTH2'] },
      'mail.example.test:465': { protocol: 'smtp', security: 'tls', mechanisms: ['PLAIN', 'LOGIN'] },
      'mail.example.test:466': { protocol: 'smtp', security: 'tls', mechanisms: [] },
    },
  })
  const { probe } = search('ada@example.test')
  t.same(await probe(offerOf('imap', 'tls', 993)), { kind: 'alive', mechanisms: ['PLAIN', 'LOGIN'] })
  t.same(await probe(offerOf('imap', 'tls', 994)), { kind: 'alive', mechanisms: ['XOAUTH2'] })
  t.same(await probe(offerOf('smtp', 'tls', 465)), { kind: 'alive', mechanisms: ['PLAIN', 'LOGIN'] })
  t.same(await probe(offerOf('smtp', 'tls', 466)), { kind: 'alive', mechanisms: [] })
  t.match(await probe(offerOf('imap', 'tls', 1)), { kind: 'dead', error: { code: 'NET_REFUSED' } })
})

t.test('a server that has no TLS, speaks something else, or says too much is told as such', async t => {
  const { search, captured } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'mail.example.test': PUBLIC },
    mail: {
      'mail.example.test:143': { protocol: 'imap', security: 'none', mechanisms: ['AUTH=PLAIN'] },
      'mail.example.test:587': { protocol: 'smtp', security: 'none', mechanisms: ['PLAIN'] },
      'mail.example.test:4190': { protocol: 'sieve', security: 'none', mechanisms: ['PLAIN'] },
      'mail.example.test:993': { protocol: 'smtp', security: 'tls', mechanisms: [] },
      'mail.example.test:994': { protocol: 'imap', security: 'tls', mechanisms: ['X'.repeat(9000)] },
      'mail.example.test:995': { protocol: 'imap', security: 'tls', mechanisms: [], greeting: '* PREAUTH hello\r\n' },
    },
  })
  const { probe } = search('ada@example.test')
  t.same(await probe(offerOf('imap', 'starttls', 143)), { kind: 'unencrypted' })
  t.same(await probe(offerOf('smtp', 'starttls', 587)), { kind: 'unencrypted' })
  t.same(await probe(offerOf('sieve', 'starttls', 4190)), { kind: 'unencrypted' })
  t.match(await probe(offerOf('imap', 'tls', 993)), { kind: 'dead', error: { code: 'DISCOVER_SERVER_INVALID' } })
  t.match(await probe(offerOf('imap', 'tls', 994)), { kind: 'dead', error: { message: /says too much/ } })
  t.match(await probe(offerOf('imap', 'tls', 995)), { kind: 'dead', error: { message: /no IMAP greeting that asks/ } })
  t.ok(
    captured.every(({ text }) => !/AUTH|LOGIN/i.test(text)),
    'nobody has signed in',
  )
})

// CVE-2011-0411: what an attacker puts before the handshake must not count as said inside it.
t.test('plain text after the agreement to TLS ends the talk', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'mail.example.test': PUBLIC },
    mail: {
      'mail.example.test:143': {
        protocol: 'imap',
        security: 'starttls',
        mechanisms: [],
        injects: '* CAPABILITY AUTH=PLAIN\r\n',
      },
    },
  })
  const found = await search('ada@example.test').probe(offerOf('imap', 'starttls', 143))
  t.match(found, { kind: 'dead', error: { message: /plain text after it had agreed/ } })
  t.notOk(seen.includes('tls mail.example.test:143'))
})

t.test('a certificate that nobody trusts is told as such, and ends the talk', async t => {
  const { search, captured } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'mail.example.test': PUBLIC },
    mail: { 'mail.example.test:993': { protocol: 'imap', security: 'tls', mechanisms: [] } },
    untrusted: ['mail.example.test'],
  })
  const found = await search('ada@example.test').probe(offerOf('imap', 'tls', 993))
  t.match(found, { kind: 'untrusted', error: { code: 'TLS_EXPIRED' } })
  t.ok(
    captured.every(({ text }) => text === ''),
    'not a word was said',
  )
})
