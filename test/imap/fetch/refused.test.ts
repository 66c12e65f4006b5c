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

t.test('when nothing can be had not every message is tried', async t => {
  for (const items of ['BODY.PEEK[]', '(UID BODYSTRUCTURE)']) {
    const account = accountWithout(500, () => true)
    const { text, error } = await fetchUntilFailure(account, items)
    t.equal(text, '')
    t.equal(error, UNAVAILABLE)
    t.ok(account.calls.length < 60, `${account.calls.length} questions`)
  }
})
