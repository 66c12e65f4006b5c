import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { serveImap } from '../../../src/imap/connection.ts'
import { heldOctets } from '../../support/held-octets.ts'
import { fetchText, fetchWires, readResponses } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'
import { memoryFront, someAccount } from '../../support/imap/front.ts'
import { connectionOn } from '../../support/transcript.ts'

const TIMES = 400
const MESSAGES = 2
const MAX_HELD_OCTETS = 6 * 1_048_576 // a message is told with 20 MB
const FIELDS = 'BODY.PEEK[HEADER.FIELDS.NOT (Dropped)]'
const FIELD = `A: ${'a'.repeat(95)}\r\n`
// What is left when the field in the middle is dropped is a copy.
const HEADER = `${FIELD.repeat(300)}Dropped: yes\r\n${FIELD.repeat(200)}\r\n`
const OCTETS = Buffer.from(`${HEADER}body`)
const repeated = (item: string, times = TIMES) => `(${`${item} `.repeat(times - 1)}${item})`

/** Gives its messages many at a time, as the store does where they are small, or one by one. */
function accountWith(smallOctetsLimit: number): FetchAccount {
  const account = new FetchAccount()
  for (let uid = 1; uid <= MESSAGES; uid++) account.add(uid, { octets: OCTETS })
  account.smallOctetsLimit = smallOctetsLimit
  return account
}

for (const limit of [65_536, 0]) {
  for (const item of [FIELDS, 'BODY[HEADER]', 'BINARY.PEEK[1]']) {
    t.test(`${item} ${TIMES} times, ${limit === 0 ? 'one by one' : 'many at a time'}: little is held`, async t => {
      const before = await heldOctets()
      let most = 0
      let told = 0
      let wires = 0
      for await (const wire of fetchWires(accountWith(limit), repeated(item))) {
        told += wire.length
        if (wires++ % 500 === 0) most = Math.max(most, (await heldOctets()) - before)
      }
      t.ok(most < MAX_HELD_OCTETS, `${most} octets were held`)
      t.ok(told >= MESSAGES * TIMES * 4, `${told} octets were told`)
    })
  }

  t.test(`each of ${TIMES} sections is told, ${limit === 0 ? 'one by one' : 'many at a time'}`, async t => {
    const ranges = Array.from({ length: TIMES }, (_, index) => `BODY.PEEK[HEADER]<${index}.${index * 10 + 1}>`)
    const responses = readResponses(await fetchText(accountWith(limit), `(UID ${ranges.join(' ')} BODY.PEEK[TEXT])`))
    t.equal(responses.length, MESSAGES)
    for (const [, items] of responses) {
      const wrong = ranges.filter((_, index) => {
        const end = Math.min(index * 11 + 1, HEADER.length)
        return !items.get(`BODY[HEADER]<${index}>`)?.equals(OCTETS.subarray(index, end))
      })
      t.same(wrong, [])
      t.equal(items.get('BODY[TEXT]')?.toString(), 'body')
    }
  })
}

t.test('what is written without waiting holds up nobody else', async t => {
  let [turns, isOver] = [0, false]
  const others = (async () => {
    for (; !isOver; turns++) await turn()
  })()
  await fetchText(accountWith(65_536), repeated('BODY.PEEK[HEADER.FIELDS (Nothing)]', 5 * TIMES))
  isOver = true
  await others
  t.ok(turns > 3, `others had ${turns} turns`)
})

t.test('a client that reads nothing costs no more than what is buffered', async t => {
  const account = someAccount()
  account.boxes[0]?.put({ octets: OCTETS })
  account.smallOctets = async function* () {
    yield [{ uid: 4, octets: OCTETS }] as never // the in-memory account gives none
  }
  const [client, server] = duplexPair()
  const served = serveImap(connectionOn(server), memoryFront(account))
  const before = await heldOctets()
  client.write(`a LOGIN ada "correct horse"\r\nb SELECT INBOX\r\nc FETCH 4 ${repeated(FIELDS)}\r\n`)
  while (!server.writableNeedDrain) await turn()
  for (let turns = 0; turns < 50; turns++) await turn()
  const held = (await heldOctets()) - before
  t.ok(held < MAX_HELD_OCTETS, `${held} octets are held`)
  client.destroy()
  server.destroy()
  await served
})
