import t from 'tap'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { TornResponse } from '../../../src/imap/fetch/torn-response.ts'
import { fetchText, fetchUntilFailure, fetchWires, readResponses } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const CHUNK = 65_536
const LARGE = Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), Buffer.alloc(40 * CHUNK, 'x')])
const SMALL = Buffer.from('Subject: small\r\n\r\nsmall\r\n')
const UNAVAILABLE = new ImapRefusal('UNAVAILABLE', 'The server cannot be reached.')

function accountWith(...messages: readonly Buffer[]): FetchAccount {
  const account = new FetchAccount()
  for (const [index, octets] of messages.entries()) account.add(index + 1, { octets })
  return account
}

function failing(account: FetchAccount, uid: number, chunk: number, error: Error): FetchAccount {
  account.onChunk = (at, index) => {
    if (at === uid && index === chunk) throw error
  }
  return account
}

t.test('a large message is passed on chunk by chunk, and read no faster than it is sent', async t => {
  const account = accountWith(LARGE)
  let read = 0
  let sent = 0
  let most = 0
  account.onChunk = () => {
    read++
    most = Math.max(most, read - sent)
  }
  for await (const wire of fetchWires(account, 'BODY.PEEK[]')) {
    if (typeof wire === 'string') continue
    t.ok(wire.length <= CHUNK)
    t.equal(wire.buffer, LARGE.buffer, 'the very octets of the account')
    sent++
  }
  t.equal(sent, 41)
  t.ok(most <= 2, `no more than ${most} chunks were on their way`)
})

t.test('a section is cut out of a large message without reading the rest', async t => {
  const account = accountWith(LARGE)
  const text = await fetchText(account, '(BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT]<1000000.3>)')
  t.match(text, /\{18\}\r\nSubject: large\r\n\r\n BODY\[TEXT\]<1000000> \{3\}\r\nxxx\)\r\n$/)
  t.same(account.calls, ['messages 1', 'octets 1 0-16384', 'octets 1 1000018-1000021'])
})

t.test('a header longer than a first look is found, and no more than 1 MiB of its fields is looked at', async t => {
  const header = `A: first\r\n${'X: y\r\n'.repeat(200_000)}B: last\r\n\r\n`
  const account = accountWith(Buffer.from(`${header}body`))
  const [response] = readResponses(
    await fetchText(account, '(BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (A B)])'),
  )
  t.equal(response?.[1].get('BODY[HEADER]')?.toString(), header)
  t.equal(response?.[1].get('BODY[TEXT]')?.toString(), 'body')
  t.equal(response?.[1].get('BODY[HEADER.FIELDS (A B)]')?.toString(), 'A: first\r\n')
})

t.test('a client that goes away in the middle leaves no reader behind', async t => {
  const account = accountWith(LARGE)
  for await (const wire of fetchWires(account, '(BODY.PEEK[] BODY.PEEK[TEXT])')) if (typeof wire !== 'string') break
  t.equal(account.openStreams, 0)
})

t.test('several large sections are read one after the other', async t => {
  const account = accountWith(LARGE)
  let most = 0
  account.onChunk = () => {
    most = Math.max(most, account.openStreams)
  }
  const [response] = readResponses(await fetchText(account, '(BODY.PEEK[] BODY.PEEK[TEXT] BODY.PEEK[1])'))
  t.ok(response?.[1].get('BODY[]')?.equals(LARGE))
  t.ok(response?.[1].get('BODY[1]')?.equals(LARGE.subarray(18)))
  t.equal(most, 1)
})

for (const large of [LARGE, SMALL]) {
  t.test(`a message of ${large.length} octets that cannot be had is refused before anything of it is told`, async t => {
    const account = failing(accountWith(SMALL, large, SMALL), 2, 0, UNAVAILABLE)
    const { text, error } = await fetchUntilFailure(account, '(UID BODY.PEEK[])')
    t.equal(text, `* 1 FETCH (UID 1 BODY[] {25}\r\n${SMALL})\r\n* 3 FETCH (UID 3 BODY[] {25}\r\n${SMALL})\r\n`)
    t.equal(error, UNAVAILABLE)
    t.equal(account.openStreams, 0)
  })
}

t.test('a second large section that cannot be had is refused before the first is told', async t => {
  const account = accountWith(LARGE)
  const octets = account.octets.bind(account)
  account.octets = async function* (mailbox, uid, span) {
    if (span && span.start > 0) throw UNAVAILABLE
    yield* octets(mailbox, uid, span)
  }
  const { text, error } = await fetchUntilFailure(account, '(BODY.PEEK[] BODY.PEEK[1])')
  t.equal(text, '')
  t.equal(error, UNAVAILABLE)
})

t.test('a message that fails in the middle ends in something that is no refusal', async t => {
  for (const cause of [UNAVAILABLE, new Error('the disk is broken')]) {
    const { text, error } = await fetchUntilFailure(failing(accountWith(LARGE, SMALL), 1, 20, cause), 'BODY.PEEK[]')
    t.equal(text.length, `* 1 FETCH (BODY[] {${LARGE.length}}\r\n`.length + 20 * CHUNK, 'no octet is invented')
    t.ok(error instanceof TornResponse)
    t.notOk(error instanceof ImapRefusal)
    t.equal((error as TornResponse).cause, cause)
  }
})

for (const wrong of [-1, 1]) {
  t.test(`a message whose size is wrong by ${wrong} never goes beyond its literal, nor ends in silence`, async t => {
    const account = new FetchAccount()
    account.add(1, { octets: LARGE, size: LARGE.length + wrong })
    account.octets = async function* () {
      yield LARGE
    }
    const { text, error } = await fetchUntilFailure(account, 'BODY.PEEK[]')
    t.ok(error instanceof Error && !(error instanceof ImapRefusal))
    t.ok(text.length <= `* 1 FETCH (BODY[] {${LARGE.length}}\r\n`.length + LARGE.length)
  })
}

t.test('a message that was not here is as long as it is, whatever its row said', async t => {
  for (const octets of [LARGE, SMALL]) {
    for (const wrong of [-3, 3]) {
      const account = new FetchAccount()
      account.add(1, { octets, size: octets.length + wrong, isWhole: false })
      for (const item of ['BODY.PEEK[]', 'BODY.PEEK[TEXT]', 'BINARY.PEEK[]']) {
        const [response] = readResponses(await fetchText(account, item))
        const [value] = response?.[1].values() ?? []
        t.ok(value?.equals(item === 'BODY.PEEK[TEXT]' ? octets.subarray(18) : octets), item)
      }
      const [response] = readResponses(await fetchText(account, 'BODY.PEEK[HEADER]'))
      t.equal(response?.[1].get('BODY[HEADER]')?.length, 18)
    }
  }
})

t.test('a message that was not here, shorter than its row said, may be all header', async t => {
  const account = new FetchAccount()
  account.add(1, { octets: Buffer.from('a: b\r\n'), size: 9, isWhole: false })
  t.equal(await fetchText(account, 'BODY.PEEK[HEADER]'), '* 1 FETCH (BODY[HEADER] {6}\r\na: b\r\n)\r\n')
})
