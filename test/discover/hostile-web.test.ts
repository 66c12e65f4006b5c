import fc from 'fast-check'
import t from 'tap'
import { parseMailAddress } from '../../src/discover/mail-address.ts'
import { askFollowing, MAX_BODY_OCTETS } from '../../src/discover/reach/http.ts'
import { readAutoconfig } from '../../src/discover/sources/autoconfig-document.ts'
import { readAutodiscover } from '../../src/discover/sources/autodiscover-document.ts'
import { findElements, parseXml } from '../../src/discover/sources/xml-tree.ts'
import { PosternError } from '../../src/errors.ts'
import { makeInternet } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const ADDRESS = parseMailAddress('ada@example.test')

t.test('redirects lead to https alone, on its port, by a name, and not forever', async t => {
  const to = (location: string) => ({ status: 302, headers: { location } })
  const { reach, seen } = await makeInternet(t, {
    zone: {
      'example.test': PUBLIC,
      'other.test': PUBLIC,
      'inner.test': { A: ['127.0.0.1'] },
      'cloud.test': { A: ['169.254.169.254'] },
    },
    pages: {
      'https://example.test/plain': to('http://example.test/ok'),
      'https://example.test/port': to('https://example.test:8443/ok'),
      'https://example.test/ip': to('https://127.0.0.1/ok'),
      'https://example.test/user': to('https://ada:secret@example.test/ok'),
      'https://example.test/file': to('file:///etc/passwd'),
      'https://example.test/nowhere': { status: 302 },
      'https://example.test/loop': to('/loop'),
      'https://example.test/inner': to('https://inner.test/ok'),
      'https://example.test/cloud': to('https://cloud.test/ok'),
      'https://example.test/fine': to('https://other.test/ok'),
      'https://other.test/ok': 'fine',
      'https://inner.test/ok': 'fine',
      'https://cloud.test/ok': 'fine',
    },
  })
  const ask = async (path: string) => {
    const question = { method: 'GET', url: new URL(`https://example.test/${path}`) } as const
    const asked = askFollowing(reach('example.test'), question, new AbortController().signal)
    return asked.then(
      ({ body }) => body.toString(),
      (error: PosternError) => error.code,
    )
  }
  for (const path of ['plain', 'port', 'ip', 'user', 'file', 'nowhere', 'loop']) {
    t.equal(await ask(path), 'DISCOVER_REDIRECT_REFUSED', path)
  }
  for (const path of ['inner', 'cloud']) t.equal(await ask(path), 'DISCOVER_ADDRESS_FORBIDDEN', path)
  t.equal(await ask('fine'), 'fine')
  t.notOk(
    seen.some(each => /inner\.test|cloud\.test|:8443|127\.0\.0\.1/.test(each)),
    'nobody there was connected to',
  )
})

t.test('an answer without an end is broken off', async t => {
  const { reach } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC },
    pages: { 'https://example.test/big': { status: 200, body: Buffer.alloc(MAX_BODY_OCTETS + 1) } },
  })
  const question = { method: 'GET', url: new URL('https://example.test/big') } as const
  const asked = askFollowing(reach('example.test'), question, new AbortController().signal)
  await t.rejects(asked, { code: 'DISCOVER_HTTP_FAILED', message: /more than 262144 octets/ })
})

t.test('an answer that changes the protocol is none', async t => {
  const { reach } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC },
    pages: { 'https://example.test/up': { status: 101, headers: { connection: 'upgrade', upgrade: 'x' } } },
  })
  const question = { method: 'GET', url: new URL('https://example.test/up') } as const
  const asked = askFollowing(reach('example.test'), question, new AbortController().signal)
  await t.rejects(asked, { code: 'DISCOVER_HTTP_FAILED', message: /it closed/ })
})

t.test('XML defines nothing and fetches nothing, and is bounded', async t => {
  const bomb =
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;">]><a><b>&x;&y;&amp;&#65;</b></a>'
  t.match(findElements(parseXml(Buffer.from(bomb)), 'b'), [{ text: '&x;&y;&A' }])
  const fails = (xml: string) => t.throws(() => parseXml(Buffer.from(xml)), { code: 'DISCOVER_ANSWER_INVALID' })
  fails('')
  fails('this is no XML')
  fails('<a>'.repeat(1000))
  fails(`<a>${'<b/>'.repeat(5000)}</a>`)
})

t.test('any octets are read, or are told to be none of it', async t => {
  const words = [
    '<clientConfig>',
    '<incomingServer type="imap">',
    '<hostname>',
    'a.test',
    '</hostname>',
    '<port>993</port>',
  ]
  const more = [
    '<socketType>SSL</socketType>',
    '</incomingServer>',
    '<Protocol>',
    '<Type>IMAP</Type>',
    '<Server>',
    '</Server>',
  ]
  const pieces = fc.oneof(
    fc.constantFrom(...words, ...more),
    fc.string(),
    fc.constantFrom('\0', '<![CDATA[', ']]>', '<!--', '&#0;', '%EMAILDOMAIN%'),
  )
  const documents = fc.array(pieces, { maxLength: 40 }).map(parts => Buffer.from(parts.join('')))
  const property = fc.property(documents, octets => {
    try {
      const tree = parseXml(octets)
      readAutodiscover(tree, ADDRESS, () => undefined)
      const offers = readAutoconfig(tree, ADDRESS, () => undefined)
      return offers.every(({ url, host }) => URL.canParse(url) && /^[a-z0-9._-]+$/.test(host))
    } catch (error) {
      return error instanceof PosternError && error.code === 'DISCOVER_ANSWER_INVALID'
    }
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})
