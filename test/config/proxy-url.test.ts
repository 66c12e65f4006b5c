import t from 'tap'
import { readProxyEnvironment } from '../../src/config/proxy-environment.ts'
import { parseProxyUrl, proxySetting } from '../../src/config/proxy-url.ts'

t.test('the URLs of proxies', async t => {
  for (const [text, expected] of [
    ['http://proxy.example:3128', { kind: 'http', host: 'proxy.example', port: 3128 }],
    ['HTTP://Proxy.Example', { kind: 'http', host: 'proxy.example', port: 3128 }],
    ['socks5://[2001:db8::1]:1080/', { kind: 'socks5', host: '2001:db8::1', port: 1080 }],
    ['socks5h://10.0.0.1', { kind: 'socks5', host: '10.0.0.1', port: 1080 }],
    ['http://ada@p:1', { kind: 'http', host: 'p', port: 1, user: 'ada' }],
    ['http://DOM%5Cada:p%40ss:w@p', { kind: 'http', host: 'p', port: 3128, user: 'DOM\\ada', password: 'p@ss:w' }],
    ['http://ada:@p', { kind: 'http', host: 'p', port: 3128, user: 'ada', password: '' }],
  ] as const) {
    t.same(parseProxyUrl(text), expected, text)
  }
})

t.test('what is none', async t => {
  for (const text of [
    '',
    'proxy:3128',
    'https://proxy',
    'socks4://proxy',
    'ftp://proxy',
    'http://',
    'http://:3128',
    'http://proxy:0',
    'http://proxy:65536',
    'http://proxy/path',
    'http://proxy?x',
    'http://a b:1',
    'http://@proxy',
    'http://%0d%0aX:y@proxy',
    'http://a:%00@proxy',
    'http://%zz@proxy',
    `http://${'u'.repeat(256)}@proxy`,
  ]) {
    t.equal(parseProxyUrl(text), undefined, JSON.stringify(text))
  }
})

t.test('a setting holds no password', async t => {
  for (const text of ['auto', 'none', 'http://p:1', 'socks5://ada@p']) t.ok(proxySetting.safeParse(text).success, text)
  t.match(proxySetting.safeParse('http://ada:x@p').error?.issues, [{ message: /postern proxy password/ }])
  t.notMatch(String(proxySetting.safeParse('http://ada:geheim@p').error), /geheim/)
  t.match(proxySetting.safeParse('p:1').error?.issues, [{ message: /http:\/\/HOST:PORT/ }])
})

t.test('the environment’s proxy', async t => {
  for (const [environment, expected] of [
    [{}, { proxy: undefined, bypass: '' }],
    [{ HTTPS_PROXY: 'http://a' }, { proxy: { url: 'http://a', variable: 'HTTPS_PROXY' } }],
    [{ HTTPS_PROXY: 'http://a', ALL_PROXY: 'socks5://b' }, { proxy: { variable: 'ALL_PROXY' } }],
    [{ https_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, { proxy: { variable: 'https_proxy' } }],
    [{ https_proxy: '', HTTPS_PROXY: '' }, { proxy: undefined }],
    [{ HTTP_PROXY: 'http://a' }, { proxy: undefined }],
    [{ no_proxy: 'x', NO_PROXY: 'y' }, { bypass: 'x' }],
  ] as const) {
    t.match(readProxyEnvironment(environment), expected, JSON.stringify(environment))
  }
})
