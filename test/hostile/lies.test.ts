import t, { type Test } from 'tap'
import { HostileAccount } from '../support/hostile-account.ts'
import { sampled } from '../support/sample.ts'
import type { Spoil } from '../support/spoiled-imap.ts'

interface Lie {
  readonly name: string
  readonly spoil: Spoil
  /** How the run ends; `ok` when left out. */
  readonly ends?: string | RegExp
}

const GIGABYTE = 1_073_741_824
const before =
  (what: string): Spoil =>
  (_command, honest) =>
    honest.replace(/TAG/, `${what}TAG`)
const on =
  (pattern: RegExp, change: (honest: string, command: string) => string): Spoil =>
  (command, honest) =>
    pattern.test(command) ? change(honest, command) : undefined
const always = (pattern: RegExp, answer: string) => on(pattern, () => answer)
const opened = (change: (honest: string) => string) => on(/^(EXAMINE|SELECT)/, change)
const FETCH_FLAGS = /^UID FETCH \S+ \(UID FLAGS\)/
const FETCH_BODY = /BODY\.PEEK\[\]/

t.setTimeout(120_000)

const LIES: readonly Lie[] = [
  {
    name: 'NO to everything but the sign-in',
    spoil: always(/^(?!CAPABILITY|LOGIN|LOGOUT)/, 'TAG NO no\r\n'),
    ends: 'UPSTREAM_REFUSED',
  },
  {
    name: 'BAD to everything but the sign-in',
    spoil: always(/^(?!CAPABILITY|LOGIN|LOGOUT)/, 'TAG BAD what\r\n'),
    ends: 'UPSTREAM_REFUSED',
  },
  { name: 'NO to everything', spoil: always(/^/, 'TAG NO no\r\n'), ends: /UPSTREAM_/ },
  {
    name: 'sign-in refused',
    spoil: always(/^LOGIN/, 'TAG NO [AUTHENTICATIONFAILED] no\r\n'),
    ends: 'UPSTREAM_SIGN_IN_REFUSED',
  },
  {
    name: 'LOGIN disabled',
    spoil: always(/^CAPABILITY/, '* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK\r\n'),
    ends: 'UPSTREAM_NO_MECHANISM',
  },
  {
    name: 'optional commands refused',
    spoil: always(/^(ID|ENABLE|NAMESPACE|LSUB|MYRIGHTS|STATUS)/, 'TAG BAD what\r\n'),
  },
  { name: 'BYE in the middle', spoil: always(/^LIST/, '* BYE maintenance\r\n'), ends: /UPSTREAM_(BYE|SILENT)/ },
  {
    name: 'another UIDVALIDITY in EXAMINE than in STATUS',
    spoil: on(/^STATUS/, honest => honest.replace('UIDVALIDITY 7', 'UIDVALIDITY 9')),
  },
  {
    name: 'UIDVALIDITY 0',
    spoil: opened(honest => honest.replace('UIDVALIDITY 7', 'UIDVALIDITY 0')),
    ends: 'UPSTREAM_NO_UIDVALIDITY',
  },
  {
    name: 'no UIDVALIDITY',
    spoil: opened(honest => honest.replace(/\* OK \[UIDVALIDITY.*\r\n/, '')),
    ends: 'UPSTREAM_NO_UIDVALIDITY',
  },
  {
    name: 'UIDVALIDITY of 33 bits',
    spoil: opened(honest => honest.replace('UIDVALIDITY 7', 'UIDVALIDITY 99999999999')),
    ends: 'UPSTREAM_NO_UIDVALIDITY',
  },
  { name: 'unknown UIDs vanished', spoil: opened(honest => `* VANISHED (EARLIER) 100:4294967295\r\n${honest}`) },
  { name: 'all UIDs vanished', spoil: opened(honest => `* VANISHED (EARLIER) 1:4294967295\r\n${honest}`) },
  {
    name: 'VANISHED with nonsense',
    spoil: opened(honest => `* VANISHED (EARLIER) 0,5:*,x\r\n* VANISHED\r\n* VANISHED (\r\n)\r\n${honest}`),
    ends: /ok|FORMATS_IMAP_SYNTAX/,
  },
  {
    name: 'NIL for a body',
    spoil: on(FETCH_BODY, honest => honest.replace(/BODY\[\] \{.*?\}\r\n[\s\S]*?body of \w+\r\n/g, 'BODY[] NIL')),
  },
  { name: 'no body at all', spoil: always(FETCH_BODY, 'TAG OK done\r\n') },
  {
    name: 'a body shorter than its literal',
    spoil: on(FETCH_BODY, honest => honest.replace(/BODY\[\] \{\d+\}/, 'BODY[] {5000}')),
    ends: 'UPSTREAM_SILENT',
  },
  {
    name: 'a body of 1 GB that never comes',
    spoil: on(FETCH_BODY, honest => honest.replace(/BODY\[\] \{\d+\}/, `BODY[] {${GIGABYTE}}`)),
    ends: 'UPSTREAM_SILENT',
  },
  {
    name: 'a folder name of 1 GB',
    spoil: always(/^LIST/, `* LIST () "/" {${GIGABYTE}}\r\n`),
    ends: 'FORMATS_IMAP_TOO_LARGE',
  },
  {
    name: 'a literal of 10^20 octets',
    spoil: always(/^LIST/, '* LIST () "/" {100000000000000000000}\r\n'),
    ends: /FORMATS_IMAP|UPSTREAM_SILENT/,
  },
  {
    name: 'flags of a message that is not there',
    spoil: before('* 9999999 FETCH (FLAGS (\\Deleted))\r\n* 3 FETCH (UID 77 FLAGS (\\Deleted))\r\n'),
  },
  {
    name: 'unsolicited EXPUNGE and EXISTS',
    spoil: before('* 1 EXPUNGE\r\n* 0 EXPUNGE\r\n* 0 EXISTS\r\n* 3 RECENT\r\n'),
  },
  {
    name: 'answers to nobody',
    spoil: before('XX OK [CAPABILITY] yes\r\nP9999 NO never\r\n* FOO bar\r\n* \r\n+ go\r\n'),
  },
  {
    name: 'the tagged OK first',
    spoil: on(/^UID FETCH/, honest => `TAG OK done\r\n${honest.replace(/TAG OK.*\r\n/, '')}`),
    ends: /ok|SYNC_|UPSTREAM_/,
  },
  {
    name: 'a list of flags that leaves messages out',
    spoil: on(FETCH_FLAGS, honest => honest.replace(/\* [34] FETCH.*\r\n/g, '')),
  },
  { name: 'a list of flags that is empty', spoil: always(FETCH_FLAGS, 'TAG OK done\r\n') },
  { name: 'no messages although there are', spoil: opened(honest => honest.replace(/\d+ EXISTS/, '0 EXISTS')) },
  {
    name: 'far more messages than there are',
    spoil: opened(honest => honest.replace(/\d+ EXISTS/, '999999999999999 EXISTS')),
  },
  {
    name: 'every line twice',
    spoil: on(/^UID FETCH/, honest => honest.replace(/(TAG OK)/, `${honest.replace(/TAG OK.*\r\n/, '')}$1`)),
  },
  {
    name: 'UID 0 and UIDs over 32 bits',
    spoil: on(
      /^UID FETCH/,
      honest =>
        `* 1 FETCH (UID 0 FLAGS ())\r\n* 2 FETCH (UID 4294967296 FLAGS ())\r\n* 2 FETCH (UID 999999999999999 FLAGS () RFC822.SIZE 4)\r\n${honest}`,
    ),
  },
  { name: 'no UIDs', spoil: on(FETCH_FLAGS, honest => honest.replace(/UID \d+ /g, '')) },
  {
    name: 'sizes that are no sizes',
    spoil: on(/RFC822.SIZE/, honest => honest.replace(/SIZE \d+/g, 'SIZE 999999999999999')),
  },
  { name: 'UIDNEXT that goes back', spoil: opened(honest => honest.replace(/UIDNEXT \d+/, 'UIDNEXT 2')) },
  { name: 'no UIDNEXT', spoil: opened(honest => honest.replace(/\* OK \[UIDNEXT.*\r\n/, '')) },
  {
    name: 'HIGHESTMODSEQ that goes back',
    spoil: opened(honest => honest.replace(/HIGHESTMODSEQ \d+/, 'HIGHESTMODSEQ 1')),
  },
  {
    name: 'HIGHESTMODSEQ of 70 bits',
    spoil: opened(honest => honest.replace(/HIGHESTMODSEQ \d+/, 'HIGHESTMODSEQ 99999999999999999999')),
  },
  { name: 'NOMODSEQ', spoil: opened(honest => honest.replace(/HIGHESTMODSEQ \d+/, 'NOMODSEQ')) },
  { name: 'lists in lists in lists', spoil: before(`* FETCH ${'('.repeat(100_000)}\r\n`), ends: 'FORMATS_IMAP_SYNTAX' },
  { name: 'a quoted string without an end', spoil: before('* LIST () "/" "abc\r\n'), ends: 'FORMATS_IMAP_SYNTAX' },
  {
    name: 'a response code without an end',
    spoil: before(`* OK [FOO ${'a"'.repeat(100_000)}\r\n`),
    ends: /ok|FORMATS_IMAP/,
  },
  { name: 'capabilities that vanish', spoil: before('* CAPABILITY IMAP4rev1\r\n'), ends: /ok|UPSTREAM_REFUSED/ },
  { name: 'the folder list is empty', spoil: always(/^LIST/, 'TAG OK done\r\n') },
  {
    name: 'INBOX is missing in the folder list',
    spoil: on(/^LIST/, honest => honest.replace(/.*INBOX.*\r\n/, '')),
    ends: /ok|SYNC_|UPSTREAM_/,
  },
  { name: 'INBOX cannot be selected', spoil: on(/^LIST/, honest => honest.replace('()', '(\\Noselect)')) },
  {
    name: 'every folder twice, INBOX in odd letters',
    spoil: on(/^LIST/, honest => `* LIST () "/" "iNbOx"\r\n${honest.replace(/TAG/, '')}${honest}`),
  },
  { name: 'APPENDUID with UID 0', spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7 \d+/, 'APPENDUID 7 0')) },
  {
    name: 'APPENDUID of another message',
    spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7 \d+/, 'APPENDUID 7 3')),
  },
  {
    name: 'APPENDUID of a message that is not there',
    spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7 \d+/, 'APPENDUID 7 4000')),
  },
  {
    name: 'APPENDUID of 33 bits',
    spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7 \d+/, 'APPENDUID 7 4294967296')),
  },
  {
    name: 'APPENDUID of another UIDVALIDITY',
    spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7/, 'APPENDUID 8')),
  },
  {
    name: 'APPENDUID with nonsense',
    spoil: on(/^APPEND/, honest => honest.replace(/APPENDUID 7 \d+/, 'APPENDUID ((x) "y"')),
    ends: /ok|FORMATS_IMAP_SYNTAX/,
  },
  {
    name: 'flags that are no flags',
    spoil: on(FETCH_FLAGS, honest =>
      honest.replace(/FLAGS \(/g, 'FLAGS ("a b" "" NIL (x) ] % \\* \\ "\x00" \\Recent \xe9 '),
    ),
  },
]

async function recover(t: Test, { spoil, ends = 'ok' }: Lie, capabilities: string, fullSyncThreshold: number) {
  const account = await HostileAccount.start(t, capabilities, { fullSyncThreshold })
  const before = account.items('INBOX')
  await account.change()
  t.match(await account.syncSpoiled(spoil), ends === 'ok' ? /^ok$/ : ends, 'it ends so')
  for (let run = 0; run < 4; run++) await account.sync()
  t.equal(await account.sync(), 'ok')
  for (const path of ['INBOX', 'Archive'])
    t.same(account.local(path), account.remote(path), `${path} is the same on both sides`)
  t.equal(account.remote('INBOX').length, 7, 'nothing is lost or doubled')
  const now = account.items('INBOX')
  t.same(
    before.filter(item => !now.includes(item)),
    [],
    'no item was deleted and fetched again',
  )
}

// A folder compared whole, and by what the server says of changes, in both ways.
const WAYS = [
  { capabilities: '', fullSyncThreshold: 1024 },
  { capabilities: 'CONDSTORE', fullSyncThreshold: 0 },
  { capabilities: 'CONDSTORE QRESYNC', fullSyncThreshold: 0 },
]

for (const { capabilities, fullSyncThreshold } of sampled(WAYS)) {
  t.test(`lies of a server with ${capabilities || 'no extension'}`, async t => {
    for (const lie of LIES) await t.test(lie.name, t => recover(t, lie, capabilities, fullSyncThreshold))
  })
}

t.test('messages that the list of flags leaves out, again and again, stay as long as SEARCH has them', async t => {
  const account = await HostileAccount.start(t, '')
  const hide = on(FETCH_FLAGS, honest => honest.replace(/\* [34] FETCH.*\r\n/g, ''))
  for (let run = 0; run < 4; run++) t.equal(await account.syncSpoiled(hide), 'ok')
  t.same(account.local('INBOX'), account.remote('INBOX'))
})

t.test('a server that was set back gives its UIDs to other messages', async t => {
  const account = await HostileAccount.start(t, 'CONDSTORE', { fullSyncThreshold: 0 })
  for (let count = 0; count < 15; count++) account.imap.add('INBOX', `m${count}`)
  t.equal(await account.sync(), 'ok')
  const inbox = account.imap.folder('INBOX')
  for (const uid of [19, 20]) inbox.messages.delete(uid)
  inbox.uidNext = 19
  account.imap.add('INBOX', 'another')
  t.equal(await account.sync(), 'ok')
  t.same(account.local('INBOX'), account.remote('INBOX'))
})
