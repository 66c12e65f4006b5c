import t from 'tap'
import { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'
import { cut, type Decide, splitAll } from './split-events.ts'

const LIMITS = { maxLineOctets: 60, maxLiteralOctets: 20, maxCommandOctets: 1000, maxSkippedOctets: 40 }

interface Case {
  readonly name: string
  readonly client: string
  readonly events: readonly string[]
  readonly decide?: Decide
}

const refuse: Decide = () => 'refuse'

const CASES: readonly Case[] = [
  {
    name: 'lines end with CRLF or LF',
    client: 'a NOOP\r\nb NOOP\n\r\n',
    events: ['command «a NOOP»', 'command «b NOOP»', 'command «»'],
  },
  {
    name: 'small literals are held, and asked for when the client waits',
    client: 'a LOGIN {3}\r\nada {2+}\r\n\r\n\r\nb NOOP\r\n',
    events: ['continue', 'command «a LOGIN »{ada}« »{\r\n}«»', 'command «b NOOP»'],
  },
  {
    name: 'literals of nothing and literal8 are literals',
    client: 'a X {0}\r\n ~{1+}\r\n\0 {000+}\r\n\r\n',
    events: ['continue', 'command «a X »{}« »~{\0}« »{}«»'],
  },
  {
    name: 'what only looks like a literal is text',
    client: 'a X {3} \r\nb X {3-}\r\nc X {+}\r\nd 3}\r\ne {3}}\r\nf "{1}"\r\n',
    events: [
      'command «a X {3} »',
      'command «b X {3-}»',
      'command «c X {+}»',
      'command «d 3}»',
      'command «e {3}}»',
      'command «f "{1}"»',
    ],
  },
  {
    name: 'the message of an APPEND is streamed, however small',
    client: 'a append INBOX (\\Seen) {5}\r\nhello\r\nb NOOP\r\n',
    events: [
      'append-literal «a append INBOX (\\Seen) »<5> waits',
      'append-octets hello',
      'append-literal-end',
      'append-end «»',
      'command «b NOOP»',
    ],
  },
  {
    name: 'the mailbox of an APPEND may be a literal, and is held',
    client: 'a APPEND {5+}\r\nINBOX {0+}\r\n\r\n',
    events: ['append-literal «a APPEND »{INBOX}« »<0>', 'append-literal-end', 'append-end «»'],
  },
  {
    name: 'an APPEND brings several messages, and UTF8 ones',
    client: `a APPEND x {50+}\r\n${'1'.repeat(50)} UTF8 (~{1}\r\n2) {1+}\r\n3\r\n`,
    events: [
      'append-literal «a APPEND x »<50>',
      `append-octets ${'1'.repeat(50)}`,
      'append-literal-end',
      'append-literal « UTF8 (»~<1> waits',
      'append-octets 2',
      'append-literal-end',
      'append-literal «) »<1>',
      'append-octets 3',
      'append-literal-end',
      'append-end «»',
    ],
  },
  {
    name: 'a refused message that waits is over at once',
    client: 'a APPEND x {50}\r\nb NOOP\r\n',
    decide: refuse,
    events: ['append-literal «a APPEND x »<50> waits', 'refused a by-caller', 'command «b NOOP»'],
  },
  {
    name: 'a refused message that does not wait is skipped, and so is the rest of its command',
    client: 'a APPEND x {7+}\r\nx NOOP\n {3+}\r\n\r\n\n\r\nb NOOP\r\n',
    decide: refuse,
    events: ['append-literal «a APPEND x »<7>', 'refused a by-caller', 'command «b NOOP»'],
  },
  {
    name: 'a second message may be refused',
    client: 'a APPEND x {1+}\r\n1 {1}\r\nb NOOP\r\n',
    decide: ({ isSynchronizing }) => (isSynchronizing ? 'refuse' : 'accept'),
    events: [
      'append-literal «a APPEND x »<1>',
      'append-octets 1',
      'append-literal-end',
      'append-literal « »<1> waits',
      'refused a by-caller',
      'command «b NOOP»',
    ],
  },
  {
    name: 'a refused message that cannot be skipped breaks the connection',
    client: 'a APPEND x {41+}\r\nb NOOP\r\n',
    decide: refuse,
    events: ['append-literal «a APPEND x »<41>', 'broken a'],
  },
  {
    name: 'a literal that is too large and waits is over at once',
    client: 'a LOGIN {21}\r\nb NOOP\r\n',
    events: ['refused a literal-too-large', 'command «b NOOP»'],
  },
  {
    name: 'a literal that is too large and does not wait is skipped',
    client: `a LOGIN {21+}\r\n${'\n'.repeat(21)} {2}\r\nb NOOP\r\n`,
    events: ['refused a literal-too-large', 'command «b NOOP»'],
  },
  {
    name: 'a literal that cannot be skipped breaks the connection',
    client: 'a LOGIN {41+}\r\nb NOOP\r\n',
    events: ['broken a'],
  },
  ...['1'.repeat(16), '1'.repeat(30), '1'.repeat(50)].map(digits => ({
    name: `a length of ${digits.length} digits is none, and never text`,
    client: `a X {${digits}}\r\nb NOOP\r\nc APPEND x {${digits}+}\r\nd NOOP\r\n`,
    events: ['refused a literal-too-large', 'command «b NOOP»', 'broken c'],
  })),
  {
    name: 'a line that is too long is thrown away, its literals as well',
    client: `a ${'x'.repeat(60)} {3+}\r\n\r\n\n ${'y'.repeat(100)}{1}\r\nb NOOP\r\n${'z'.repeat(300)}\nc NOOP\r\n`,
    events: ['refused a line-too-long', 'command «b NOOP»', 'refused undefined line-too-long', 'command «c NOOP»'],
  },
  {
    name: 'a command of too many literals is refused',
    client: `a X ${'{1+}\r\nx '.repeat(3)}{1}\r\nb NOOP\r\n`,
    events: ['refused a command-too-large', 'command «b NOOP»'],
  },
]

for (const { name, client, events, decide } of CASES)
  t.test(`${name}, in pieces of any size`, async t => {
    const octets = Buffer.from(client, 'latin1')
    for (let size = octets.length; size >= 1; size--) {
      const splitter = new CommandSplitter(LIMITS)
      const found = splitAll(splitter, cut(octets, size), decide)
      if (size === octets.length || found.join() !== events.join()) t.strictSame(found, events, `pieces of ${size}`)
      if (!events.at(-1)?.startsWith('broken')) t.ok(splitter.isBetweenCommands)
    }
  })

t.test('lines of AUTHENTICATE and IDLE are taken as they are', async t => {
  const splitter = new CommandSplitter(LIMITS)
  splitter.push(Buffer.from('a IDLE\r\nDO'))
  t.equal(splitter.next()?.kind, 'command')
  t.equal(splitter.nextLine(), undefined)
  splitter.push(Buffer.from(`NE\r\n{3+}\r\n*\n${'x'.repeat(61)}\r\nb NOOP\r\n`))
  const lines = [1, 2, 3, 4].map(() => splitter.nextLine())
  t.strictSame(
    lines.map(line => (line?.kind === 'line' ? line.octets.toString() : line?.kind)),
    ['DONE', '{3+}', '*', 'too-long'],
  )
  t.equal(splitter.next()?.kind, 'command')
  t.equal(splitter.next(), undefined)
})

t.test('what came before a TLS handshake is gone', async t => {
  const splitter = new CommandSplitter(LIMITS)
  splitter.push(Buffer.from('a STARTTLS\r\nb LOGIN {3+}\r\nad'))
  t.equal(splitter.next()?.kind, 'command')
  t.equal(splitter.next(), undefined)
  splitter.clear()
  t.strictSame(splitAll(splitter, [Buffer.from('c NOOP\r\n')]), ['command «c NOOP»'])
})

t.test('a message that cannot be kept is given up in the middle', async t => {
  const splitter = new CommandSplitter(LIMITS)
  splitter.push(Buffer.from('a APPEND x {9+}\r\n123'))
  t.equal(splitter.next()?.kind, 'append-literal')
  t.equal(splitter.next(), undefined, 'not an octet before the decision')
  splitter.accept()
  t.equal(splitter.next()?.kind, 'append-octets')
  splitter.refuse()
  t.strictSame(splitAll(splitter, [Buffer.from('45\n789 {1+}\r\n\n\r\nb NOOP\r\n')]), [
    'refused a by-caller',
    'command «b NOOP»',
  ])
})

t.test('octets that were pushed ahead are read later', async t => {
  const splitter = new CommandSplitter(LIMITS)
  const client = Buffer.from('a NOOP\r\nb LOGIN {3+}\r\nada x\r\n'.repeat(20))
  for (const octet of cut(client, 1)) splitter.push(octet)
  t.equal(splitter.waitingOctets, client.length)
  const expected = Array(20).fill(['command «a NOOP»', 'command «b LOGIN »{ada}« x»']).flat()
  t.strictSame(splitAll(splitter, [Buffer.alloc(0)]), expected)
  t.equal(splitter.waitingOctets, 0)
})
