import t from 'tap'
import { type ProxyUrl, parseProxyUrl } from '../../../src/config/proxy-url.ts'
import { Network, type NetworkOptions } from '../../../src/daemon/network/network.ts'
import { boundPassword, passwordFor } from '../../../src/daemon/network/proxy-password.ts'
import { NO_SYSTEM_PROXY, type SystemProxy } from '../../../src/daemon/network/system-proxy.ts'
import { errorClassOf } from '../../../src/daemon/schedule/error-class.ts'
import { PosternError } from '../../../src/errors.ts'
import type { Secrets } from '../../../src/profile/secrets.ts'

const TARGET = { host: 'imap.example.test', port: 993 }
const WORK = { name: 'work', number: 7 }
const WORK_WITHOUT = { ...WORK, proxy: undefined }

interface World {
  proxy?: string
  variable?: string
  bypass?: string
  system?: SystemProxy
}

function networkOf(
  { proxy = 'auto', variable, bypass = '', system = NO_SYSTEM_PROXY }: World,
  findPortal: NetworkOptions['findPortal'] = async () => undefined,
): Network {
  // Each is that of the proxy which is named: what is bound to another one has a test of its own.
  const bind = (url: string | undefined, password: string) => {
    const named = parseProxyUrl(url?.includes('://') ? url : `http://${url}`)
    return named ? boundPassword(named, password) : ''
  }
  const secrets: Record<string, string> = {
    '0/proxyPassword': bind(proxy === 'auto' ? variable : proxy, 'ours'),
    '7/proxyPassword': bind('http://a@q', 'of work'),
  }
  const options: NetworkOptions = {
    settings: () => ({ proxy }),
    secrets: async () => ({ find: (owner: number, name: string) => secrets[`${owner}/${name}`] }) as unknown as Secrets,
    environment: () => ({ proxy: variable ? { url: variable, variable: 'HTTPS_PROXY' } : undefined, bypass }),
    system: async () => system,
    findPortal,
  }
  return new Network(options)
}

t.test('the setting, the profile’s own, the environment, the system', async t => {
  const http = { host: 'sys.example', port: 8080 }
  for (const [world, own, expected] of [
    [{ proxy: 'none', variable: 'http://e' }, undefined, { proxy: undefined, because: 'network.proxy is none' }],
    [{ proxy: 'socks5://p' }, undefined, { proxy: { kind: 'socks5', host: 'p', source: 'network.proxy' } }],
    [{ proxy: 'http://a@p' }, undefined, { proxy: { user: 'a', password: 'ours' } }],
    [{ proxy: 'socks5://p' }, 'none', { proxy: undefined, because: 'proxy of work is none' }],
    [{ proxy: 'none' }, 'http://a@q', { proxy: { host: 'q', password: 'of work', source: 'proxy of work' } }],
    [{ variable: 'http://e' }, undefined, { proxy: { host: 'e', source: 'HTTPS_PROXY' } }],
    [{ variable: 'e.example:8080' }, undefined, { proxy: { kind: 'http', host: 'e.example', port: 8080 } }],
    [{ variable: 'http://a:pw@e' }, undefined, { proxy: { user: 'a', password: 'pw' } }],
    [{ variable: 'http://a@e' }, undefined, { proxy: { host: 'e', password: 'ours' } }],
    [{ proxy: 'http://a@p', variable: 'http://a@e' }, 'auto', { proxy: { host: 'e', password: undefined } }],
    [{ variable: 'http://e', bypass: 'example.test' }, undefined, { proxy: undefined, because: 'NO_PROXY says so' }],
    [{ variable: 'http://e', system: { ...NO_SYSTEM_PROXY, http } }, undefined, { proxy: { host: 'e' } }],
    [{ system: { ...NO_SYSTEM_PROXY, http } }, undefined, { proxy: { kind: 'http', ...http } }],
    [{ system: { ...NO_SYSTEM_PROXY, http, socks: http } }, undefined, { proxy: { kind: 'socks5' } }],
    [{ system: { ...NO_SYSTEM_PROXY, http, bypass: '*.test' } }, undefined, { proxy: undefined, because: /exception/ }],
    [{ system: { ...NO_SYSTEM_PROXY, script: 'x' } }, undefined, { proxy: undefined, because: /script \(x\)/ }],
    [{}, undefined, { proxy: undefined, because: 'no proxy is set' }],
  ] as const) {
    const profile = { ...WORK, proxy: own }
    t.match(await networkOf(world).wayTo(profile, TARGET), expected, JSON.stringify([world, own]))
  }
})

t.test('a password goes to the proxy and the user that it was stored for, and to no other', async t => {
  const proxyOf = (url: string) => parseProxyUrl(url) as ProxyUrl
  const secret = boundPassword(proxyOf('http://ada@proxy.example.test:3128'), 'geheim')
  t.equal(passwordFor(proxyOf('http://ada@PROXY.example.test'), secret), 'geheim')
  for (const url of [
    'http://ada@other.example.test:3128',
    'http://ada@proxy.example.test:8080',
    'socks5://ada@proxy.example.test:3128',
    'http://eve@proxy.example.test:3128',
    'http://proxy.example.test:3128',
  ])
    t.equal(passwordFor(proxyOf(url), secret), undefined, url)
  for (const broken of ['geheim', '"geheim"', 'null', '{"password":"geheim"}', undefined])
    t.equal(passwordFor(proxyOf('http://ada@proxy.example.test'), broken), undefined)
  const nobody = { code: 'NET_PROXY_NO_USER' }
  t.throws(() => networkOf({ proxy: 'http://p' }).proxyWithUser(undefined), nobody)
  t.throws(() => networkOf({ proxy: 'http://a@p' }).proxyWithUser({ ...WORK, proxy: 'auto' }), nobody)
  t.match(networkOf({ variable: 'a@e:8080' }).proxyWithUser(undefined), { user: 'a', host: 'e', port: 8080 })
})

t.test('this machine has no proxy, whatever is set', async t => {
  for (const host of ['127.0.0.1', '::1', 'localhost', '127.1', '0x7f.1', '2130706433', '0.0.0.0', '::']) {
    t.match(await networkOf({ proxy: 'http://p' }).wayTo(WORK_WITHOUT, { host, port: 1 }), { proxy: undefined })
  }
})

t.test('a proxy that cannot be used is told, without its password', async t => {
  const error: unknown = await networkOf({ variable: 'https://ada:geheim@p' })
    .proxyTo(WORK_WITHOUT, TARGET)
    .catch(e => e)
  t.match(error, { code: 'NET_PROXY_UNUSABLE', message: 'HTTPS_PROXY names a https:// proxy that Postern cannot use.' })
  t.notMatch(String((error as Error).stack), /geheim/)
})

t.test('a failure that a sign-in page has caused is told as that, and waited for', async t => {
  const asked: string[][] = []
  const network = networkOf({}, async hosts => {
    asked.push([...hosts])
    return 'login.hotel.example'
  })
  const profile = { ...WORK_WITHOUT, imap: 'imaps://imap.example.test', smtp: 'smtps://smtp.example.test' }
  const failure = (code: string) => new PosternError(code, 'What it looked like.', { remedy: 'user', advice: 'x' })
  const explained = await network.explain(profile, failure('TLS_UNTRUSTED'))
  t.match(explained, {
    code: 'NET_CAPTIVE_PORTAL',
    remedy: 'retry',
    message: /login\.hotel\.example.*What it looked like\./,
    advice: /browser/,
  })
  t.equal(errorClassOf(explained as PosternError), 'net')
  t.same(asked, [['imap.example.test', 'smtp.example.test']], 'nobody but the profile’s own servers')
  for (const error of [
    failure('UPSTREAM_SIGN_IN_REFUSED'),
    failure('NET_DNS'),
    failure('STORE_FULL'),
    new Error('bug'),
  ]) {
    t.equal(await network.explain(profile, error), error)
  }
  t.equal(asked.length, 1)
  await network.explain({ ...profile, proxy: 'http://p' }, failure('TLS_UNTRUSTED'))
  t.same(asked[1], [], 'behind a proxy there is no such page')
})

t.test('a failure that nothing explains stays what it was', async t => {
  const error = new PosternError('TLS_WRONG_NAME', 'x', { remedy: 'user', advice: 'x' })
  const profile = { ...WORK_WITHOUT, imap: 'imaps://imap.example.test', smtp: undefined }
  t.equal(await networkOf({}, async () => undefined).explain(profile, error), error)
})
