import t from 'tap'
import { SyncProgress } from '../../src/cli/sync-progress.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { SyncEngine } from '../../src/sync/engine.ts'
import type { SyncEvent } from '../../src/sync/progress.ts'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { EngineBench } from '../support/engine.ts'
import { polite, scriptedAccount, scriptedOptions, startScriptedImap } from '../support/imap-script.ts'
import { silentLogger } from '../support/silent-logger.ts'

const OPENED = '* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n'

t.test('a server that says nothing while a folder is read is told of, and the run goes on', async t => {
  let heldMs = 0
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('', (command, socket) => {
      if (command.startsWith('LIST')) return '* LIST () "/" INBOX\r\nTAG OK done\r\n'
      if (/^(LSUB|STATUS)/.test(command)) return 'TAG OK done\r\n'
      if (!command.startsWith('EXAMINE')) return command.startsWith('UID') ? 'TAG OK done\r\n' : undefined
      const tag = server.received.at(-1)?.split(' ')[0]
      // What the scanner on the way holds back comes when the test has seen the second remark, at the latest.
      const timer = setInterval(() => {
        heldMs += 10
        if (slow().length < 2 && heldMs < 3000) return
        clearInterval(timer)
        socket.write(`${OPENED}${tag} OK [READ-ONLY] done\r\n`)
      }, 10)
      return ''
    }),
  )
  const events: SyncEvent[] = []
  const slow = () => events.filter(event => event.kind === 'slow')
  const bench = new EngineBench(t)
  const { store, importer, settings, clock } = bench
  const engine = new SyncEngine({
    store,
    importer,
    settings,
    clock: clock.now,
    log: silentLogger(),
    connect: (signal, options) =>
      connectImap(scriptedAccount(server.port), { ...scriptedOptions({ slowMs: 60 }), ...options }, signal),
  })
  const { signal } = new AbortController()
  const onEvent = (event: SyncEvent) => events.push(event)
  const result = await engine.run({ folders: [], scope: 'all', structure: 'also', onEvent, signal })
  t.same(result.errors, [], 'the run ended well')
  const told = slow()
  t.ok(told.length >= 2, `told ${told.length} times`)
  t.match(told[0], { kind: 'slow', path: 'INBOX' })
  const [first = 0, second = 0] = told.map(event => event.silentMs)
  t.ok(first >= 60 && second > first, `after ${first} and ${second} ms`)
})

t.test('the progress says it in words, with what to do', async t => {
  let text = ''
  const stderr = {
    isTTY: true,
    write: (chunk: string) => {
      text += chunk
      return true
    },
  } as unknown as NodeJS.WritableStream // all that the progress uses of one
  const progress = new SyncProgress(new Terminal({ stdin: process.stdin, stdout: stderr, stderr }, { json: false }))
  progress.onEvent({ kind: 'folder', path: 'INBOX' })
  progress.onEvent({ kind: 'slow', path: 'INBOX', silentMs: 34_000 })
  t.match(text, /The server has said nothing for 34 s while Inbox was being synchronized\./)
  t.match(text, /virus scanner .*turn its check of incoming mail \(IMAP\) off/)
  progress.onEvent({ kind: 'slow', path: 'INBOX', silentMs: 44_000 })
  progress.onEvent({ kind: 'slow', path: 'INBOX', silentMs: 54_000 })
  t.match(text, /Still nothing after 44 s\n\x1b\[1A\x1b\[2KStill nothing after 54 s\n$/)
})
