import fc from 'fast-check'
import t from 'tap'
import type { AppendMessage } from '../../../src/formats/imap/command/arguments/append.ts'
import type { CommandEvent } from '../../../src/formats/imap/command/command-event.ts'
import {
  parseAppendEnd,
  parseAppendNext,
  parseAppendStart,
  parseCommand,
} from '../../../src/formats/imap/command/command-parser.ts'
import type { CommandPiece } from '../../../src/formats/imap/command/command-piece.ts'
import { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'
import { cut, eventText } from './split-events.ts'

const LIMITS = { maxLineOctets: 300, maxLiteralOctets: 100, maxCommandOctets: 2000, maxSkippedOctets: 1000 }
const LITERAL_OCTETS = 256

const COMMANDS = [
  'AUTHENTICATE PLAIN AGEAYg==',
  'LOGIN {3}\r\nada "pa\\"ss"',
  'ID ("name" "mutt" "os" NIL)',
  'LIST (SUBSCRIBED) "" ("*" %) RETURN (CHILDREN STATUS (MESSAGES SIZE))',
  'SELECT "&APw-" (QRESYNC (7 90 1:5 (1,2 5:6)) CONDSTORE)',
  'CREATE x (USE (\\Sent))',
  'UID FETCH 1:*,7 (UID BODY.PEEK[1.2.HEADER.FIELDS (DATE {2+}\r\nTo)]<0.9> BINARY[1] PREVIEW (LAZY)) (CHANGEDSINCE 5 VANISHED)',
  'STORE $ (UNCHANGEDSINCE 7) +FLAGS.SILENT (\\Seen $x)',
  'UID SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (SUBJECT {2}\r\n\xc3\xbc NOT SEEN) SENTBEFORE "1-Feb-1994" MODSEQ "/x" all 9 *',
  'SORT (REVERSE DATE) UTF-8 1:5 TEXT x',
  'APPEND x (\\Seen) "17-Jul-1996 02:44:25 +0000" {4}\r\n1\r\n2 UTF8 (~{3+}\r\n123)',
  'NOTIFY SET STATUS (subtree (A B) (MessageNew MessageExpunge MailboxName)) (personal NONE)',
  'NOTIFY SET (selected-delayed (MessageNew (UID BODY.PEEK[1]) MessageExpunge FlagChange)) (mailboxes {1}\r\nA (Rain))',
]

const WORDS = [
  '(',
  ')',
  '"',
  '\\',
  '[',
  ']',
  '<',
  '{3}\r\n',
  '{9+}\r\n',
  '~{0+}\r\n',
  '\r\n',
  '\n',
  ' ',
  '*',
  ':',
  ',',
  '$',
]
const octets = fc.uint8Array({ maxLength: 8 }).map(array => Buffer.from(array).toString('latin1'))
const junk = fc.oneof(fc.constantFrom(...WORDS, '{99999999999999999999}\r\n', 'UID ', 'APPEND '), octets)
const mutated = fc
  .tuple(fc.constantFrom(...COMMANDS), fc.nat(200), fc.nat(3), junk, fc.nat(9))
  .map(([command, at, cut, text, tag]) => `${tag} ${command.slice(0, at)}${text}${command.slice(at + cut)}\r\n`)
const clients = fc
  .array(fc.oneof({ weight: 3, arbitrary: mutated }, junk), { maxLength: 8 })
  .map(parts => parts.join(''))

class Server {
  readonly said: string[] = []
  readonly #splitter = new CommandSplitter(LIMITS)
  #previous: AppendMessage | undefined

  take(chunk: Buffer): void {
    this.#splitter.push(chunk)
    for (let event = this.#splitter.next(); event; event = this.#splitter.next()) {
      this.#handle(event)
      if (this.#splitter.heldOctets > LIMITS.maxCommandOctets + LITERAL_OCTETS) throw new Error('too much is held')
    }
    if (this.#splitter.waitingOctets > 0) throw new Error('something is left')
  }

  #handle(event: CommandEvent): void {
    if ('pieces' in event) {
      const parsed = this.#parse(event.kind, event.pieces)
      this.#previous = 'message' in parsed ? parsed.message : undefined
      if (event.kind === 'append-literal') this.#splitter[this.#previous ? 'accept' : 'refuse']()
      this.said.push(parsed.kind)
    }
    const last = this.said.at(-1) ?? ''
    if (event.kind === 'append-octets' && last.startsWith(event.kind)) {
      this.said[this.said.length - 1] = last + event.octets.toString('latin1')
    } else this.said.push(eventText(event))
  }

  #parse(kind: CommandEvent['kind'], pieces: readonly CommandPiece[]) {
    const previous = this.#previous
    if (kind === 'command') return parseCommand(pieces, { isUtf8: pieces.length % 3 === 0 })
    if (!previous) return parseAppendStart(pieces, { isUtf8: false })
    return kind === 'append-end' ? parseAppendEnd(pieces, previous) : parseAppendNext(pieces, previous)
  }
}

function serve(client: string, chunkOctets: number): string[] {
  const server = new Server()
  for (const chunk of cut(Buffer.from(client, 'latin1'), chunkOctets)) server.take(chunk)
  return server.said
}

t.test('whatever a client sends is a command or a reason, however it is cut, within the limits', async t => {
  let commands = 0
  fc.assert(
    fc.property(clients, fc.integer({ min: 1, max: 40 }), (client, chunkOctets) => {
      const whole = serve(client, 1_000_000)
      commands += whole.filter(line => line === 'command').length
      return whole.join('\n') === serve(client, chunkOctets).join('\n')
    }),
    { numRuns: 5000 },
  )
  t.ok(commands > 100, 'some of them are commands')
})
