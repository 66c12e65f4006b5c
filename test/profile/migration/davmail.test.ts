import t from 'tap'
import { findDavmailAccounts } from '../../../src/profile/migration/davmail/accounts.ts'
import { parseProperties } from '../../../src/profile/migration/davmail/properties.ts'

const PROPERTIES = `# DavMail settings
davmail.mode=O365Manual
davmail.url=https\\://user:hidden@outlook.example.com/EWS/Exchange.asmx
davmail.imapPort=1143
davmail.smtpPort=1025
davmail.caldavPort=1080
davmail.ldapPort=
davmail.bindAddress=
davmail.ssl.keystorePass=very-secret
davmail.oauth.ada@example.org.refreshToken={AES}very-secret
`

t.test('what DavMail offers on this machine is an account; Exchange itself is not', async t => {
  const { accounts, leftOut } = findDavmailAccounts(PROPERTIES)
  t.match(accounts, [
    {
      name: 'ada@example.org',
      settings: { email: 'ada@example.org', imap: 'imap://127.0.0.1:1143', smtp: 'smtp://127.0.0.1:1025' },
      remarks: [/DavMail, which has to run/],
    },
  ])
  t.match(leftOut, [
    { what: 'davmail.url https://outlook.example.com/EWS/Exchange.asmx', why: /Exchange/ },
    { what: 'CalDAV and CardDAV', why: /no calendars/ },
  ])
  t.notMatch(JSON.stringify({ accounts, leftOut }), /secret|hidden/)
})

t.test('ports that are switched off, another address and TLS are heeded', async t => {
  t.match(findDavmailAccounts('davmail.imapPort=\n'), { accounts: [], leftOut: [{}, { why: /switched off/ }] })
  const tls = 'davmail.imapPort=993\ndavmail.smtpPort=25\ndavmail.bindAddress=::1\ndavmail.ssl.keystoreFile=/k\n'
  t.match(findDavmailAccounts(`${tls}davmail.ssl.nosecuresmtp=true\n`).accounts, [
    { name: 'davmail', settings: { email: undefined, imap: 'imaps://[::1]:993', smtp: 'smtp://[::1]:25' } },
  ])
})

t.test('properties are read as Java writes them', async t => {
  const text = '! remark\n  a = 1\nb:2\nc 3\nd\\=e\\ f=x\\\n   y\\u00e9\\t\ng=\\\\\nh\n\\'
  t.same(Object.fromEntries(parseProperties(text, () => true)), {
    a: '1',
    b: '2',
    c: '3',
    'd=e f': 'xyé\t',
    g: '\\',
    h: '',
    '': '',
  })
  t.same([...parseProperties('a=1\nb=2', key => key === 'b')], [['b', '2']])
  const hostile = `${'\\\n'.repeat(100_000)}${'\\'.repeat(100_001)}${' '.repeat(100_000)}`
  t.ok(parseProperties(hostile, () => true).size <= 1)
})

t.test('an address counts once, and no more of them than one import may bring', async t => {
  const found = (count: number, user: (n: number) => string) => {
    const tokens = Array.from({ length: count }, (_, n) => `davmail.oauth.${user(n)}.refreshToken=x\n`)
    return findDavmailAccounts(`davmail.imapPort=1143\n${tokens.join('')}`)
  }
  t.equal(found(30_000, () => 'ada@example.org').accounts.length, 1)
  const { accounts, leftOut } = found(1001, n => `${n}@example.org`)
  t.equal(accounts.length, 1000)
  t.match(leftOut.at(-1), { what: '1 more accounts' })
})
