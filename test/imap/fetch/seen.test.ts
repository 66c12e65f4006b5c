import t from 'tap'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { MessageNumbers } from '../../../src/imap/message-numbers.ts'
import { packFlags } from '../../../src/store/flags.ts'
import { fetchText, fetchUntilFailure } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const OCTETS = Buffer.from('a: b\r\n\r\nbody')
const SEEN = packFlags(['\\Seen'])
const UNAVAILABLE = new ImapRefusal('UNAVAILABLE', 'The server cannot be reached.')

function accountWith(count: number): FetchAccount {
  const account = new FetchAccount()
  for (let uid = 1; uid <= count; uid++) account.add(uid, { octets: OCTETS })
  return account
}

t.test('a body is told with the flags that it brings', async t => {
  const account = accountWith(1)
  t.equal(await fetchText(account, 'BODY[TEXT]'), '* 1 FETCH (FLAGS (\\Seen) BODY[TEXT] {4}\r\nbody)\r\n')
  t.equal(await fetchText(account, 'BODY[TEXT]'), '* 1 FETCH (BODY[TEXT] {4}\r\nbody)\r\n', 'once')
  t.equal(await fetchText(account, '(BODY[TEXT] FLAGS)'), '* 1 FETCH (FLAGS (\\Seen) BODY[TEXT] {4}\r\nbody)\r\n')
})

t.test('flags that were asked for are those of afterwards', async t => {
  t.equal(
    await fetchText(accountWith(1), '(UID FLAGS BODY[TEXT])', { isCondstore: true }),
    '* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (3) BODY[TEXT] {4}\r\nbody)\r\n',
  )
})

for (const items of ['RFC822', 'RFC822.TEXT', 'BODY[]', 'BODY[HEADER]', 'BINARY[1]', 'BODY[1]<0.1>', 'BODY[9]']) {
  t.test(`${items} makes a message \\Seen`, async t => {
    t.match(await fetchText(accountWith(1), items), /^\* 1 FETCH \(FLAGS \(\\Seen\) /)
  })
}

const PEEKS = ['RFC822.HEADER', 'BODY.PEEK[]', 'BINARY.PEEK[1]', 'BINARY.SIZE[1]', 'BODY', 'ENVELOPE', 'PREVIEW']
for (const items of PEEKS) {
  t.test(`${items} does not`, async t => {
    const account = accountWith(1)
    t.notMatch(await fetchText(account, items), /FLAGS/)
    t.notMatch(account.calls, ['storeFlags 1'])
  })
}

t.test('nothing becomes \\Seen in a mailbox that is open for reading only', async t => {
  const account = accountWith(1)
  t.equal(await fetchText(account, 'BODY[TEXT]', { isReadOnly: true }), '* 1 FETCH (BODY[TEXT] {4}\r\nbody)\r\n')
  t.equal(await fetchText(account, 'FLAGS'), '* 1 FETCH (FLAGS ())\r\n')
})

t.test('many messages become \\Seen some at a time, and those that are so already do not', async t => {
  const account = accountWith(40)
  account.add(2, { octets: OCTETS, flags: SEEN })
  const text = await fetchText(account, 'BODY[TEXT]')
  t.equal(text.match(/FLAGS \(\\Seen\)/g)?.length, 39)
  t.match(text, /\r\n\* 2 FETCH \(BODY\[TEXT\] \{4\}\r\nbody\)\r\n\* 3 FETCH \(FLAGS/)
  t.equal(account.calls.filter(call => call.startsWith('storeFlags')).length, 3)
})

t.test('a message that is not here is fetched before it is marked', async t => {
  const account = accountWith(3)
  account.add(2, { octets: OCTETS, isWhole: false })
  account.onChunk = uid => {
    if (uid === 2) throw UNAVAILABLE
  }
  const { text, error } = await fetchUntilFailure(account, 'BODY[TEXT]')
  t.equal(error, UNAVAILABLE)
  const told = 'FETCH (FLAGS (\\Seen) BODY[TEXT] {4}\r\nbody)\r\n'
  t.equal(text, `* 1 ${told}* 3 ${told}`)
  t.equal(
    await fetchText(account, 'FLAGS'),
    '* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS ())\r\n* 3 FETCH (FLAGS (\\Seen))\r\n',
  )
})

t.test('a message that is gone when it would be marked is not told', async t => {
  const account = accountWith(3)
  const store = account.storeFlags.bind(account)
  account.storeFlags = async (which, change) => {
    account.remove(2)
    return store(which, change)
  }
  const text = await fetchText(account, 'BODY[TEXT]')
  t.same(text.match(/^\* \d/gm), ['* 1', '* 3'])
})

t.test('messages that cannot be marked are told all the same, with a warning', async t => {
  const account = accountWith(3)
  account.storeFlags = () => Promise.reject(new ImapRefusal('OVERQUOTA', 'The disk is full.'))
  t.equal(
    await fetchText(account, '(FLAGS BODY[TEXT])'),
    '* 1 FETCH (FLAGS () BODY[TEXT] {4}\r\nbody)\r\n* 2 FETCH (FLAGS () BODY[TEXT] {4}\r\nbody)\r\n' +
      '* 3 FETCH (FLAGS () BODY[TEXT] {4}\r\nbody)\r\n' +
      '* NO [OVERQUOTA] messages are not marked as seen: The disk is full.\r\n',
  )
})

t.test('what the client is not told of is not marked', async t => {
  const account = accountWith(3)
  const before = account.uids
  account.add(9, { octets: OCTETS })
  await fetchText(account, 'BODY[]', { uids: Uint32Array.of(...before, 9), numbers: new MessageNumbers(before) })
  t.match(await fetchText(account, 'FLAGS'), /\* 4 FETCH \(FLAGS \(\)\)/)
})
