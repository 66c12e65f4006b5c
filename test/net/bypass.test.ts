import t from 'tap'
import { parseBypass } from '../../src/net/proxy/bypass.ts'

t.test('hosts that are reached without the proxy', async t => {
  for (const [list, host, expected] of [
    ['example.org', 'example.org', true],
    ['example.org', 'imap.Example.ORG.', true],
    ['example.org', 'badexample.org', false],
    ['.example.org', 'imap.example.org', true],
    ['*.example.org', 'imap.example.org', true],
    ['other.org, example.org', 'example.org', true],
    ['other.org;example.org', 'example.org', true],
    ['*', 'anything', true],
    ['', 'anything', false],
    ['<local>', 'intranet', true],
    ['<local>', 'mail.intranet', false],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', 'ten.example', false],
    ['169.254/16', '169.254.1.1', true],
    ['10.*', '10.9.8.7', true],
    ['10.*', '100.9.8.7', false],
    ['2001:db8::/32', '2001:db8::1', true],
    ['[2001:db8::1]:993', '2001:db8::1', true],
    ['[2001:db8::1]:25', '2001:db8::1', false],
    ['example.org:993', 'example.org', true],
    ['example.org:25', 'example.org', false],
    ['10.0.0.0/99 a*b .. *. / : [] 1.2.3.4/x', 'aXb', false],
    ['', 'localhost', true],
    ['', '127.0.0.1', true],
  ] as const) {
    t.equal(parseBypass(list)({ host, port: 993 }), expected, `${host} with ${list}`)
  }
})

t.test('a list without an end is cut', async t => {
  const bypass = parseBypass('x '.repeat(1_000_000))
  t.notOk(bypass({ host: 'example.org', port: 993 }))
})
