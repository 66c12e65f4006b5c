import process from 'node:process'
import t from 'tap'
import { ResponseReader } from '../../src/formats/imap/response-reader.ts'
import { parseValues } from '../../src/formats/imap/value.ts'
import { HostileAccount } from '../support/hostile-account.ts'
import { DELIVERIES } from '../support/spoiled-imap.ts'

const MEGABYTE = 1_048_576

t.setTimeout(120_000)

for (const delivery of DELIVERIES) {
  t.test(`a run does not depend on how the server cuts its answers: ${delivery}`, async t => {
    const account = await HostileAccount.start(t, 'CONDSTORE QRESYNC', { fullSyncThreshold: 0 })
    account.imap.delivery = delivery
    await account.change()
    for (let run = 0; run < 3; run++) t.equal(await account.sync(), 'ok')
    for (const path of ['INBOX', 'Archive']) t.same(account.local(path), account.remote(path))
    t.equal(account.remote('INBOX').length, 7)
  })
}

t.test('UIDs near 2^32 are UIDs', async t => {
  const account = await HostileAccount.start(t, '')
  account.imap.folder('Archive').uidNext = 4_294_967_290
  for (const subject of ['a', 'b', 'c', 'd', 'e']) account.imap.add('Archive', subject)
  await account.change()
  for (let run = 0; run < 3; run++) t.equal(await account.sync(), 'ok')
  t.same(account.local('Archive'), account.remote('Archive'))
  t.match(account.local('Archive').at(-1), /^4294967294 /)
})

t.test('names, dates and flags may all be literals', async t => {
  const account = await HostileAccount.start(t, '')
  await account.change()
  const literals = (text: string) =>
    text.replace(/"([^"\r\n]*)"/g, (_, inner: string) => `{${inner.length}}\r\n${inner}`)
  account.imap.spoil = (command, honest) => (/^(LIST|LSUB|STATUS)/.test(command) ? literals(honest) : undefined)
  for (let run = 0; run < 3; run++) t.equal(await account.sync(), 'ok')
  for (const path of ['INBOX', 'Archive']) t.same(account.local(path), account.remote(path))
})

t.test('a literal and a line that come octet by octet are held in about their size', async t => {
  for (const head of ['* LIST () "/" {4194304}\r\n', '* X ']) {
    const reader = new ResponseReader({
      maxHeldOctets: 8 * MEGABYTE,
      openLiteral: () => undefined,
      onResponse: () => t.fail('a response'),
    })
    reader.push(Buffer.from(head))
    const before = process.memoryUsage().rss
    for (let count = 0; count < MEGABYTE; count++) reader.push(Buffer.from([0x61]))
    const grown = (process.memoryUsage().rss - before) / MEGABYTE
    t.ok(grown < 120, `${grown.toFixed(0)} MB for 1 MB`)
  }
})

t.test('a response of too many values is refused before it fills the memory', async t => {
  const text = Buffer.from('() '.repeat(8 * MEGABYTE))
  const before = process.memoryUsage().rss
  t.throws(() => parseValues([{ kind: 'text', octets: text }]), { code: 'FORMATS_IMAP_TOO_LARGE' })
  const grown = (process.memoryUsage().rss - before) / MEGABYTE
  t.ok(grown < 600, `${grown.toFixed(0)} MB`)
})

t.test('a response of literals of nothing is refused before it fills the memory', async t => {
  let parts = 0
  const reader = new ResponseReader({
    maxHeldOctets: 1_000_000,
    openLiteral: () => void parts++,
    onResponse: () => undefined,
  })
  t.throws(() => reader.push(Buffer.from(`* X ${'{0}\r\n'.repeat(150_000)}`)), { code: 'FORMATS_IMAP_TOO_LARGE' })
  t.ok(parts < 5000, `after ${parts}`)
})
