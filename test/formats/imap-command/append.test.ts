import t from 'tap'
import type { AppendMessage } from '../../../src/formats/imap/command/arguments/append.ts'
import {
  parseAppendEnd,
  parseAppendNext,
  parseAppendStart,
  parseCommand,
} from '../../../src/formats/imap/command/command-parser.ts'
import { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'
import { cut } from './split-events.ts'

const DIALECT = { isUtf8: false }
const PLAIN: AppendMessage = { flags: [], internalDateMs: undefined, octets: 2, isBinary: false, isUtf8: false }

/** Reads an APPEND as a server does: what it says, and `malformed` at the place where it is. */
function append(client: string, chunkOctets: number): unknown[] {
  const splitter = new CommandSplitter()
  const said: unknown[] = []
  let previous: AppendMessage | undefined
  for (const chunk of cut(Buffer.from(client, 'latin1'), chunkOctets)) {
    splitter.push(chunk)
    for (let event = splitter.next(); event; event = splitter.next()) {
      if (event.kind === 'append-literal') {
        const parsed = previous ? parseAppendNext(event.pieces, previous) : parseAppendStart(event.pieces, DIALECT)
        said.push(parsed.kind === 'append' ? parsed.mailbox : parsed.kind)
        if (parsed.kind === 'append' || parsed.kind === 'message') {
          previous = parsed.message
          said.push(previous)
          splitter.accept()
        } else splitter.refuse()
      } else if (event.kind === 'append-end' && previous) said.push(parseAppendEnd(event.pieces, previous).kind)
      else if (event.kind === 'command') said.push(parseCommand(event.pieces, DIALECT).kind)
      else if (event.kind === 'refused') said.push('refused')
    }
  }
  return said
}

const CASES: readonly (readonly [client: string, said: readonly unknown[]])[] = [
  ['a APPEND inbox {2}\r\nhi\r\n', ['INBOX', PLAIN, 'end']],
  [
    'a append "&APw-" (\\seen $X \\SEEN) " 7-Feb-1994 21:52:25 -0800" ~{2+}\r\n\0\0\r\n',
    [
      'ü',
      { ...PLAIN, flags: ['\\Seen', '$X'], internalDateMs: Date.UTC(1994, 1, 8, 5, 52, 25), isBinary: true },
      'end',
    ],
  ],
  ['a APPEND {1+}\r\nx () {2}\r\nhi\r\n', ['x', PLAIN, 'end']],
  [
    'a APPEND x "17-Jul-1996 02:44:25 +0000" {2}\r\nhi (\\Draft) {2+}\r\nho {0}\r\n\r\n',
    [
      'x',
      { ...PLAIN, internalDateMs: Date.UTC(1996, 6, 17, 2, 44, 25) },
      'message',
      { ...PLAIN, flags: ['\\Draft'] },
      'message',
      { ...PLAIN, octets: 0 },
      'end',
    ],
  ],
  [
    'a APPEND x (a) UTF8 (~{2}\r\nhi) utf8 (~{2+}\r\nho)\r\n',
    [
      'x',
      { ...PLAIN, flags: ['a'], isBinary: true, isUtf8: true },
      'message',
      { ...PLAIN, isBinary: true, isUtf8: true },
      'end',
    ],
  ],
  ['a APPEND x UTF8 (~{2}\r\nhi\r\n', ['x', { ...PLAIN, isBinary: true, isUtf8: true }, 'malformed']],
  ['a APPEND x {2}\r\nhi)\r\n', ['x', PLAIN, 'malformed']],
  ['a APPEND x {2}\r\nhi {3\r\n', ['x', PLAIN, 'malformed']],
  ['a APPEND x {2}\r\nhi{3+}\r\n123\r\nb NOOP\r\n', ['x', PLAIN, 'malformed', 'refused', 'command']],
  ['a APPEND x\r\n', ['malformed']],
  ['a APPEND {1}\r\nx\r\n', ['malformed']],
  ...[
    'APPEND x{2}',
    'APPEND x UTF8 ({2}',
    'APPEND x (\\Recent) {2}',
    'APPEND x "31-Jul-1996 24:00:00 +0000" {2}',
    'APPEND x "1996-07-17" {2}',
    'APPEND x ("a") {2}',
    'APPEND x () () {2}',
    'APPEND x y {2}',
    'APPEND x  {2}',
    'APPEND x "y',
  ].map(line => [`a ${line.endsWith('}') ? line : `${line} {2}`}\r\n`, ['malformed', 'refused']] as const),
]

for (const [client, said] of CASES)
  t.test(`${JSON.stringify(client).slice(1, 60)} is read message by message`, async t => {
    t.strictSame(append(client, client.length), said)
    for (let size = 1; size < client.length; size++) {
      if (JSON.stringify(append(client, size)) !== JSON.stringify(said)) t.fail(`cut into pieces of ${size}`)
    }
  })

t.test('an APPEND of ten thousand messages holds nothing of those before', async t => {
  const splitter = new CommandSplitter({ maxCommandOctets: 1000 })
  splitter.push(Buffer.from('a APPEND x'))
  for (let count = 0; count < 10_000; count++) {
    splitter.push(Buffer.from(' (\\Seen) {2+}\r\nhi'))
    const kinds = []
    for (let event = splitter.next(); event; event = splitter.next()) {
      kinds.push(event.kind)
      if (event.kind === 'append-literal') splitter.accept()
    }
    if (kinds.join() !== 'append-literal,append-octets,append-literal-end' || splitter.heldOctets > 0)
      t.fail(kinds.join())
  }
  splitter.push(Buffer.from('\r\n'))
  t.equal(splitter.next()?.kind, 'append-end')
})
