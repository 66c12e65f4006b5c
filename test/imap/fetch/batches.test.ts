import t from 'tap'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { MessageNumbers } from '../../../src/imap/message-numbers.ts'
import type { Wire } from '../../../src/imap/wire.ts'
import { packFlags } from '../../../src/store/flags.ts'
import { fetchText, fetchUntilFailure, fetchWires, readResponses, wireText } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const COUNT = 20_000
const OCTETS = Buffer.from('From: ada@example.test\r\nSubject: one\r\n\r\nbody')

function accountWith(count: number): FetchAccount {
  const account = new FetchAccount()
  for (let uid = 1; uid <= count; uid++) account.add(uid * 2, { octets: OCTETS, flags: packFlags(['\\Seen']) })
  return account
}

for (const items of ['FLAGS', 'UID', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])']) {
  t.test(`${items} of ${COUNT} messages are a few large texts`, async t => {
    const wires: Wire[] = []
    for await (const wire of fetchWires(accountWith(COUNT), items, { isUid: true })) wires.push(wire)
    t.ok(wires.length <= 20, `${wires.length} texts`)
    const lines = wireText(wires).match(/^\* \d+ FETCH \(UID \d+/gm) ?? []
    t.equal(lines.length, COUNT)
    t.equal(lines.at(-1), '* 20000 FETCH (UID 40000')
  })
}

t.test('the next page is asked for before the last is answered', async t => {
  const account = accountWith(4)
  account.pageMessages = 2
  const asked: number[] = []
  const messages = account.messages.bind(account)
  account.messages = async function* (which) {
    for await (const page of messages(which)) {
      asked.push(page[0]?.uid ?? 0)
      yield page
    }
  }
  const wires = fetchWires(account, '(FLAGS BODY.PEEK[])')
  account.onChunk = uid => {
    if (uid === 2) t.same(asked, [2, 6])
  }
  for await (const _wire of wires) t.ok(asked.length > 0)
})

t.test('messages that are gone, or that the client does not know, are left out', async t => {
  const account = accountWith(4)
  const uids = account.uids
  account.remove(4)
  const numbers = new MessageNumbers(Uint32Array.of(2, 4, 6))
  for (const items of ['FLAGS', 'ENVELOPE', '(FLAGS ENVELOPE)', 'BODY.PEEK[]', 'BODY[1]']) {
    const text = await fetchText(account, items, { uids, numbers })
    t.same(
      readResponses(text).map(([number]) => number),
      [1, 3],
      items,
    )
  }
})

t.test('a message that goes after its row was read is left out', async t => {
  const account = accountWith(3)
  const messages = account.messages.bind(account)
  account.messages = async function* (which) {
    for await (const page of messages(which)) {
      account.remove(4)
      yield page
    }
  }
  for (const items of ['BODY.PEEK[]', '(FLAGS BODY.PEEK[HEADER])', 'BODY[]']) {
    account.add(4, { octets: OCTETS })
    const text = await fetchText(account, items)
    t.same(
      readResponses(text).map(([number]) => number),
      [1, 3],
      items,
    )
  }
})

t.test('what was answered before a refusal is sent', async t => {
  const account = accountWith(3)
  account.pageMessages = 2
  const details = account.details.bind(account)
  const refusal = new ImapRefusal('UNAVAILABLE', 'The server cannot be reached.')
  account.details = async function* (which) {
    for await (const page of details(which)) {
      if (page.length < 2) throw refusal
      yield page
    }
  }
  const { text, error } = await fetchUntilFailure(account, '(UID ENVELOPE)')
  t.same(
    readResponses(text).map(([number]) => number),
    [1, 2],
  )
  t.equal(error, refusal)
})

t.test('small messages are read many at a time, the others one by one', async t => {
  const account = accountWith(5)
  account.pageMessages = 2
  account.smallOctetsLimit = 100
  const large = Buffer.concat([OCTETS, Buffer.alloc(200, 'x')])
  account.add(4, { octets: large })
  account.add(10, { octets: OCTETS, isWhole: false })
  const responses = readResponses(await fetchText(account, '(UID BODY.PEEK[])'))
  t.same(
    responses.map(([, items]) => items.get('BODY[]')?.length),
    [OCTETS.length, large.length, OCTETS.length, OCTETS.length, OCTETS.length],
  )
  t.same(
    account.calls.filter(call => call.startsWith('octets')).map(call => call.split(' ')[1]),
    ['4', '10'],
  )
  t.equal(account.calls.filter(call => call.startsWith('small whole')).length, 1)
})

t.test('small messages that become \\Seen are told with their flags', async t => {
  const account = accountWith(40)
  for (let uid = 2; uid <= 80; uid += 2) account.add(uid, { octets: OCTETS })
  account.smallOctetsLimit = 100
  account.pageMessages = 7
  const text = await fetchText(account, 'BODY[HEADER]')
  const responses = readResponses(text)
  t.equal(responses.length, 40)
  for (const [, items] of responses) t.equal(items.get('BODY[HEADER]')?.length, OCTETS.length - 4)
  t.equal(text.match(/FLAGS \(\\Seen\)/g)?.length, 40)
  t.notOk(account.calls.some(call => call.startsWith('octets')))
})

for (const items of ['BODY.PEEK[HEADER]', 'BODY.PEEK[]', 'BODY[]', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])']) {
  t.test(`${items}: what is refused for many is told one by one`, async t => {
    for (const failingPage of [0, 1]) {
      const account = accountWith(20)
      account.smallOctetsLimit = 100
      account.pageMessages = 5
      const small = account.smallOctets.bind(account)
      account.smallOctets = async function* (which) {
        let page = 0
        for await (const messages of small(which)) {
          if (page++ === failingPage) throw new ImapRefusal(undefined, 'this cannot be done now')
          yield messages
        }
      }
      const { text, error } = await fetchUntilFailure(account, items)
      t.equal(readResponses(text).length, 20)
      t.equal(error, undefined)
    }
  })
}

t.test('no messages are no answer', async t => {
  t.equal(await fetchText(new FetchAccount(), 'FLAGS'), '')
})
