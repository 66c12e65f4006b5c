import type { Socket } from 'node:net'
import t from 'tap'
import type { RemoteMail } from '../../src/sync/remote.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { sampled } from '../support/sample.ts'

const LINES_AT_ONCE = 2000

interface Flood {
  readonly name: string
  readonly command: RegExp
  /** The n-th line of an answer that has no end. */
  readonly line: (n: number) => string
  readonly ask: (mail: RemoteMail) => Promise<unknown>
}

const inbox = (mail: RemoteMail) => mail.examine('INBOX')

const FLOODS: readonly Flood[] = [
  {
    name: 'the flags of messages',
    command: /^UID FETCH/,
    line: n => `* ${n} FETCH (UID ${n} FLAGS (\\Seen))`,
    ask: async mail => (await inbox(mail)).fetchFlags(),
  },
  {
    name: 'other flags for each message',
    command: /^UID FETCH/,
    line: n => `* ${n} FETCH (UID ${n} FLAGS (${`a${n} `.repeat(200)}b))`,
    ask: async mail => (await inbox(mail)).fetchFlags(),
  },
  {
    name: 'UIDs that are found',
    command: /^UID SEARCH/,
    line: n => `* SEARCH ${Array.from({ length: 20 }, (_, at) => (n * 20 + at) * 2 + 1).join(' ')}`,
    ask: async mail => (await inbox(mail)).searchUids(),
  },
  {
    name: 'UIDs that have vanished',
    command: /^EXAMINE/,
    line: n => `* VANISHED (EARLIER) ${Array.from({ length: 20 }, (_, at) => (n * 20 + at) * 2 + 1)}`,
    ask: inbox,
  },
  {
    name: 'folders',
    command: /^LIST/,
    line: n => `* LIST () "/" "folder ${n}"`,
    ask: mail => mail.listFolders(),
  },
  {
    name: 'the same folder',
    command: /^LIST/,
    line: n => `* LIST () "/" "folder ${n % 10}" ${' '.repeat(2000)}`,
    ask: mail => mail.listFolders(),
  },
]

// Writes for as long as somebody reads.
function pour(socket: Socket, line: Flood['line']): void {
  let n = 0
  const more = () => {
    if (socket.destroyed) return
    const lines = Array.from({ length: LINES_AT_ONCE }, () => line(++n))
    socket.write(`${lines.join('\r\n')}\r\n`, () => setImmediate(more))
  }
  more()
}

t.setTimeout(180_000)

for (const { name, command, line, ask } of sampled(FLOODS, 2)) {
  t.test(`a server that tells without an end of ${name}`, async t => {
    const server = await startScriptedImap(
      t,
      '* OK ready',
      polite('', (text, socket) => {
        if (!command.test(text)) return undefined
        pour(socket, line)
        return ''
      }),
    )
    await using mail = await connectTo(server)
    await t.rejects(ask(mail), { code: 'FORMATS_IMAP_TOO_LARGE' })
  })
}
