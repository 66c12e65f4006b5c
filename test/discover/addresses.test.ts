import t from 'tap'
import { hostName, parseMailAddress, userNamesOf } from '../../src/discover/mail-address.ts'
import { classOf } from '../../src/discover/reach/address-class.ts'
import { makeInternet } from '../support/discover-world.ts'

t.test('an e-mail address is split, its domain in ASCII', async t => {
  t.same(parseMailAddress('Ada.L@Bücher.Test.'), {
    address: 'Ada.L@Bücher.Test.',
    local: 'Ada.L',
    domain: 'xn--bcher-kva.test',
  })
  t.same(userNamesOf(parseMailAddress('ada@bücher.test')), ['ada@bücher.test', 'ada@xn--bcher-kva.test', 'ada'])
  t.same(userNamesOf(parseMailAddress('ada@example.test')), ['ada@example.test', 'ada'])
  const wrong = [
    '',
    'ada',
    '@a.test',
    'ada@',
    'a@b@c.test',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@1',
    'a b@c.test',
    'ada@a..b',
    'ada@a/b',
    'a\x00@b.test',
    `a@${'x'.repeat(64)}.test`,
  ]
  for (const hidden of ['\u200b', '\u00ad', '\u202e', '\u{e0041}']) {
    const text = `ada@example.test${hidden}`
    t.throws(() => parseMailAddress(text), { message: /cannot be seen/ }, JSON.stringify(text))
  }
  for (const text of wrong) t.throws(() => parseMailAddress(text), { code: 'DISCOVER_ADDRESS_INVALID' }, text)
})

t.test('names of hosts are names', async t => {
  t.equal(hostName(' IMAP.Example.Test. '), 'imap.example.test')
  for (const text of ['127.0.0.1', '::1', '0x7f.1', 'a b', 'a:993', 'a/b', '-a.test', '', 'a\r\nb', 'a@b']) {
    t.equal(hostName(text), undefined, JSON.stringify(text))
  }
})

t.test('addresses are classed, however they are written', async t => {
  const classes = {
    public: ['8.8.8.8', '2606:4700::1111', '172.32.0.1', '64:ff9b::808:808', '::ffff:8.8.8.8'],
    private: [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '2002:a00:1::',
      '64:ff9b:1::a00:1',
    ],
    loopback: ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
    special: [
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::127.0.0.1',
      '::ffff:0:10.0.0.1',
      '100::1',
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      '::ffff:169.254.169.254',
    ],
  }
  for (const [name, addresses] of Object.entries(classes))
    for (const each of addresses) t.equal(classOf(each), name, each)
})

t.test(
  'this machine is reached only for a domain that is on it, private networks also from inside the domain',
  async t => {
    const zone = {
      'public.test': { A: ['8.8.4.4'] },
      'imap.public.test': { A: ['10.0.0.9'] },
      'here.public.test': { A: ['127.0.0.1'] },
      'link.public.test': { A: ['169.254.169.254'] },
      'both.public.test': { A: ['127.0.0.1', '8.8.4.4'], AAAA: ['::1'] },
      'office.other.test': { A: ['192.168.1.1'] },
      'local.test': { A: ['127.0.0.1'] },
      'imap.local.test': { A: ['127.0.0.2'] },
      'home.test': { A: ['192.168.1.1'] },
    }
    const { reach } = await makeInternet(t, { zone })
    const judge = (domain: string, host: string) =>
      reach(domain)
        .addressesOf(host)
        .catch((error: { code: string }) => error.code)
    t.same(await judge('public.test', 'imap.public.test'), ['10.0.0.9'], 'a company names its inner servers')
    t.same(await judge('public.test', 'both.public.test'), ['8.8.4.4'], 'the others are left out')
    for (const host of ['here.public.test', 'link.public.test', 'office.other.test', 'local.test']) {
      t.equal(await judge('public.test', host), 'DISCOVER_ADDRESS_FORBIDDEN', host)
    }
    t.same(await judge('local.test', 'imap.local.test'), ['127.0.0.2'])
    t.equal(await judge('local.test', 'home.test'), 'DISCOVER_ADDRESS_FORBIDDEN')
    t.same(await judge('home.test', 'office.other.test'), ['192.168.1.1'])
    t.equal(await judge('public.test', 'none.test'), 'DISCOVER_HOST_UNKNOWN')
  },
)
