import t from 'tap'
import { parseResponse } from '../../src/formats/imap/response.ts'
import { parseFetch } from '../../src/upstream/imap/folders/fetch-response.ts'
import { FlagLines } from '../../src/upstream/imap/folders/flag-lines.ts'

const lines = new FlagLines()

t.test('the short way reads what the long way reads', async t => {
  for (const line of [
    '* 23 FETCH (UID 42 FLAGS (\\Seen $Label1 \\Recent))',
    '* 23 FETCH (FLAGS () UID 4294967295)',
    '* 1 fetch (uid 7 flags (\\FLAGGED) modseq (90000000000000001))',
    '* 1 FETCH (FLAGS (a  b) UID 7 MODSEQ (1))',
  ]) {
    const long = parseResponse([{ kind: 'text', octets: Buffer.from(line) }])
    const { uid, flags } = long.kind === 'data' ? parseFetch(long) : { uid: 0, flags: [] }
    t.same(lines.parse(Buffer.from(line)), { uid, flags }, line)
  }
})

t.test('everything else is left to the long way', async t => {
  for (const line of [
    '* 23 FETCH (UID 42 FLAGS (\\Seen) RFC822.SIZE 7)',
    '* 23 FETCH (UID 42)',
    '* 23 EXISTS',
    'P1 OK done',
    '* 23 FETCH (UID 42 FLAGS ("quoted"))',
    '* 23 FETCH (UID 42 FLAGS (\\Seen)) ',
    '',
  ]) {
    t.equal(lines.parse(Buffer.from(line)), undefined, line)
  }
})

t.test('messages with the same flags share one list', async t => {
  const [one, two] = [1, 2].map(uid => lines.parse(Buffer.from(`* 1 FETCH (UID ${uid} FLAGS (\\Seen x))`)))
  t.equal(one?.flags, two?.flags)
})
