import t from 'tap'
import { ImapRefusal, type MessagesOf, type WantedDetails } from '../../../src/imap/backend.ts'
import { fetchText, fetchUntilFailure, readResponses } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const OCTETS = Buffer.from('Subject: x\r\n\r\nbody')
const UNAVAILABLE = new ImapRefusal('UNAVAILABLE', 'The message cannot be read.')

/** Has messages of which some cannot be had, in whatever way they are asked for. */
function accountWithout(count: number, isRefused: (uid: number) => boolean): FetchAccount {
  const account = new FetchAccount()
  for (let uid = 1; uid <= count; uid++) account.add(uid, { octets: OCTETS })
  account.onChunk = uid => {
    if (isRefused(uid)) throw UNAVAILABLE
  }
  const details = account.details.bind(account)
  account.details = async function* (which: MessagesOf & WantedDetails) {
    for await (const page of details(which)) {
      if (page.some(({ uid }) => isRefused(uid))) throw UNAVAILABLE
      yield page
    }
  }
  return account
}

const numbersOf = (text: string) => readResponses(text).map(([number]) => number)

for (const items of ['BODY.PEEK[]', 'BODY[TEXT]', '(UID BODYSTRUCTURE)', '(FLAGS ENVELOPE BODY[1])']) {
  t.test(`${items}: one message that cannot be told keeps no other from being told`, async t => {
    for (const refused of [1, 7, 20]) {
      const { text, error } = await fetchUntilFailure(
        accountWithout(20, uid => uid === refused),
        items,
      )
      t.same(
        numbersOf(text),
        Array.from({ length: 20 }, (_, index) => index + 1).filter(number => number !== refused),
      )
      t.equal(error, UNAVAILABLE)
    }
  })
}

t.test('several that cannot be told are left out, and are not made \\Seen', async t => {
  const account = accountWithout(40, uid => uid % 10 === 5)
  account.add(15, { octets: OCTETS, isWhole: false }) // the others are here, and damaged
  const { text, error } = await fetchUntilFailure(account, 'BODY[TEXT]')
  t.equal(numbersOf(text).length, 36)
  t.equal(error, UNAVAILABLE)
  t.equal((await fetchText(account, 'FLAGS')).match(/FLAGS \(\)/g)?.length, 4)
})

t.test('what concerns one message alone is told of all of them', async t => {
  for (const code of ['CORRUPTION', 'UNKNOWN-CTE'] as const) {
    const account = accountWithout(100, () => false)
    account.onChunk = uid => {
      if (uid % 2 === 0) throw new ImapRefusal(code, 'It is wrong.')
    }
    for (const items of ['BODY.PEEK[]', '(FLAGS BODY[TEXT])']) {
      const { text, error } = await fetchUntilFailure(account, items)
      t.equal(numbersOf(text).length, 50)
      t.match(error, { code })
    }
  }
})

t.test('a message of which nothing is known is left out alone', async t => {
  const account = accountWithout(40, () => false)
  const details = account.details.bind(account)
  const refusal = new ImapRefusal('CORRUPTION', 'It is wrong.')
  account.details = async function* (which: MessagesOf & WantedDetails) {
    for await (const page of details(which)) yield page.map(made => (made.uid % 2 ? { ...made, refusal } : made))
  }
  for (const items of ['(UID BODYSTRUCTURE)', 'BODY[1]', 'ENVELOPE']) {
    account.calls.length = 0
    const { text, error } = await fetchUntilFailure(account, items)
    t.equal(numbersOf(text).length, 20)
    t.equal(error, refusal)
    t.equal(account.calls.filter(call => call.startsWith('details')).length, 1, 'in one go')
  }
  const { text, error } = await fetchUntilFailure(account, '(FLAGS PREVIEW (LAZY))')
  t.equal(numbersOf(text).length, 40)
  t.equal(text.match(/PREVIEW NIL/g)?.length, 20, 'a lazy one is not told')
  t.equal(error, undefined)
})

t.test('when nothing can be had not every message is tried', async t => {
  for (const items of ['BODY.PEEK[]', '(UID BODYSTRUCTURE)']) {
    const account = accountWithout(500, () => true)
    const { text, error } = await fetchUntilFailure(account, items)
    t.equal(text, '')
    t.equal(error, UNAVAILABLE)
    t.ok(account.calls.length < 60, `${account.calls.length} questions`)
  }
})
