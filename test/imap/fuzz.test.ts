import fc from 'fast-check'
import t from 'tap'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount } from '../support/imap/front.ts'

const RUNS = Number(process.env.POSTERN_FRONT_RUNS ?? 1000)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_126)

t.comment(`${RUNS} runs from the seed ${SEED}`)

const WORDS = [
  ...[
    'a',
    'b',
    'UID',
    'FETCH',
    'STORE',
    'SEARCH',
    'SELECT',
    'EXAMINE',
    'LIST',
    'STATUS',
    'APPEND',
    'IDLE',
    'DONE',
    'COPY',
  ],
  ...[
    'MOVE',
    'EXPUNGE',
    'CLOSE',
    'ENABLE',
    'CREATE',
    'DELETE',
    'RENAME',
    'SORT',
    'THREAD',
    'NOOP',
    'AUTHENTICATE',
    'PLAIN',
  ],
  ...[
    'INBOX',
    'Sent',
    '1:*',
    '$',
    '*',
    '1',
    '2,3',
    '(FLAGS)',
    'FLAGS',
    '+FLAGS',
    '(\\Seen)',
    '(\\Deleted)',
    'ALL',
    'UTF-8',
  ],
  ...[
    'RETURN',
    '(SAVE)',
    '(CONDSTORE)',
    '(QRESYNC (7 1))',
    '(CHANGEDSINCE 1)',
    'QRESYNC',
    '{3+}',
    '{3}',
    '~{2+}',
    'abc',
  ],
  ...['NOTIFY', 'NONE', 'SET', '(selected (MessageNew MessageExpunge))', '(personal (MessageNew MessageExpunge))'],
  ...['""', '"', '(', ')', '%', 'REFERENCES', '(MESSAGES)', 'BODY[]', '(UNCHANGEDSINCE 3)', '\0', '\xff', '='],
]

const line = fc.array(fc.constantFrom(...WORDS), { maxLength: 7 }).map(words => words.join(' '))
const tagged = line.map(text => `t ${text}`)
const octets = fc.uint8Array({ maxLength: 40 }).map(octets => Buffer.from(octets).toString('latin1'))
const ways = fc.constantFrom('', 'l LOGIN ada "correct horse"\r\n', 'l LOGIN ada "correct horse"\r\ns SELECT INBOX\r\n')

// Whatever a client sends, the session ends with the client, by no bug, and with whole lines.
t.test('no input is a bug', async t => {
  await fc.assert(
    fc.asyncProperty(ways, fc.array(fc.oneof(tagged, tagged, line, octets), { maxLength: 12 }), async (way, lines) => {
      const client = new ImapClient(serveAccount())
      client.send(`${way}${lines.join('\r\n')}\r\n`)
      client.stream.end()
      const text = await client.rest()
      await client.served
      t.ok(text.endsWith('\r\n'))
    }),
    { numRuns: RUNS, seed: SEED },
  )
})
