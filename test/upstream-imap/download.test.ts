import t, { type Test } from 'tap'
import type { BodySink } from '../../src/sync/remote.ts'
import { type Answer, connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

/** Collects bodies as text, by UID. */
class TextSink implements BodySink {
  readonly bodies = new Map<number, string>()
  readonly absent: number[] = []
  readonly refusals: number[][] = []
  #text = ''

  begin(): void {
    this.#text = ''
  }

  write(chunk: Buffer): void {
    this.#text += chunk.toString('latin1')
  }

  end({ uid }: { readonly uid: number }): void {
    this.bodies.set(uid, this.#text)
  }

  missing(uid: number): void {
    this.absent.push(uid)
  }

  refused(uids: readonly number[]): void {
    this.refusals.push([...uids])
  }

  drained(): undefined {
    return undefined
  }
}

async function download(
  t: Test,
  batches: number[][],
  answer: Answer,
  part: 'full' | 'header' = 'full',
): Promise<TextSink> {
  const server = await startScriptedImap(t, '* OK ready', polite('', answer))
  await using mail = await connectTo(server)
  const folder = await mail.examine('INBOX')
  const sink = new TextSink()
  const rest = [...batches]
  await folder.download(async () => {
    const uids = rest.shift()
    return uids && { uids, part }
  }, sink)
  return sink
}

const body = (uid: number, text: string) =>
  `* ${uid} FETCH (UID ${uid} FLAGS () BODY[] {${text.length}}\r\n${text})\r\n`

t.test('answers to two pipelined FETCHes may be mixed', async t => {
  let first = ''
  const sink = await download(t, [[1, 2], [3]], command => {
    if (!command.startsWith('UID FETCH')) return undefined
    if (command.startsWith('UID FETCH 1:2')) {
      first = 'waits'
      return ''
    }
    // The second command's answer comes between those of the first (Dovecot does this).
    return first && `${body(1, 'one')}${body(3, 'three')}${body(2, 'two')}P3 OK a\r\nP4 OK b\r\nP5 OK c\r\nP6 OK d\r\n`
  })
  t.same([...sink.bodies].sort(), [
    [1, 'one'],
    [2, 'two'],
    [3, 'three'],
  ])
  t.same(sink.absent, [])
})

t.test('a message without a body is told as missing, an unsolicited FETCH is not taken for a body', async t => {
  const sink = await download(t, [[1, 2, 3]], command =>
    command.startsWith('UID FETCH')
      ? `* 9 FETCH (FLAGS (\\Seen))\r\n${body(2, '')}* 3 FETCH (UID 3 BODY[] NIL)\r\nTAG OK done\r\n`
      : undefined,
  )
  t.same([...sink.bodies], [[2, '']])
  t.same(sink.absent, [1, 3])
})

t.test('a quoted body is a body', async t => {
  const sink = await download(t, [[1]], command =>
    command.startsWith('UID FETCH') ? '* 1 FETCH (BODY[] "a \\"b\\"" UID 1)\r\nTAG OK done\r\n' : undefined,
  )
  t.same([...sink.bodies], [[1, 'a "b"']])
})

t.test('a connection that is lost in the middle of a body ends the download, without that body', async t => {
  await t.rejects(
    download(t, [[1]], (command, socket) => {
      if (!command.startsWith('UID FETCH')) return undefined
      socket.write('* 1 FETCH (UID 1 BODY[] {100}\r\nhalf')
      setImmediate(() => socket.destroy())
      return ''
    }),
    { code: 'UPSTREAM_LOST' },
  )
})

t.test('a refused FETCH is told with those that did not come, and the others go on', async t => {
  const sink = await download(t, [[1, 2, 3], [4]], command => {
    if (command.startsWith('UID FETCH 1:3')) return `${body(2, 'two')}TAG NO [SERVERBUG] cannot read it\r\n`
    return command.startsWith('UID FETCH') ? `${body(4, 'four')}TAG OK done\r\n` : undefined
  })
  t.same(sink.refusals, [[1, 3]])
  t.same([...sink.bodies].sort(), [
    [2, 'two'],
    [4, 'four'],
  ])
})

t.test('headers are asked for as such, and a header that is sent for a body belongs to nobody', async t => {
  const header = (uid: number, text: string) => body(uid, text).replace('BODY[]', 'BODY[HEADER]')
  const answer = (command: string) =>
    command.startsWith('UID FETCH') ? `${header(1, 'Subject: a\r\n\r\n')}TAG OK done\r\n` : undefined
  const headers = await download(t, [[1]], answer, 'header')
  t.same([...headers.bodies], [[1, 'Subject: a\r\n\r\n']])
  const bodies = await download(t, [[1]], answer)
  t.same([...bodies.bodies.keys()], [0])
  t.same(bodies.absent, [1])
})

t.test('the server’s silence during a command ends it', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('', () => undefined),
  )
  const mail = await connectTo(server, { silenceTimeoutMs: 50 })
  await t.rejects(mail.listFolders(), { code: 'UPSTREAM_SILENT' })
})
