import { pino } from 'pino'
import t from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import type { FolderFailure } from '../../src/sync/progress.ts'
import { pushAccount } from '../../src/sync/push/push-account.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { addItem, storeWithInbox } from '../support/store.ts'

const REFUSED = 3

t.test('a server that refuses STORE for one of five messages, with a flag to set and one to take off', async t => {
  const { store, inbox } = storeWithInbox(t)
  for (let uid = 1; uid <= 5; uid++) await addItem(store, inbox, uid)
  store.transact(transactor => {
    for (const { id, uid } of store.read.items(inbox)) {
      transactor.setServerFlags(inbox, 1, { uid, flags: packFlags(['\\Seen']) }, 'server')
      transactor.local.setFlags(id, { add: packFlags(['\\Flagged']), remove: packFlags(['\\Seen']) })
    }
  })
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('UIDPLUS', command => {
      if (command.startsWith('SELECT')) return '* 5 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE] done\r\n'
      const [, first, last = first] = /^UID STORE (\d)(?::(\d))? /.exec(command) ?? []
      if (first === undefined) return undefined
      const isRefused = Number(first) <= REFUSED && REFUSED <= Number(last)
      return isRefused ? 'TAG NO that message is locked\r\n' : 'TAG OK done\r\n'
    }),
  )
  await using remote = await connectTo(server)
  const push = async () => {
    server.received.length = 0
    const refused: FolderFailure[] = []
    const told = { onUploaded: () => undefined, onRefused: (failure: FolderFailure) => refused.push(failure) }
    const settings = DEFAULT_SYNC_SETTINGS
    await pushAccount({ store, remote, settings, log: pino({ level: 'silent' }), clock: () => 0, ...told }, true)
    return refused
  }
  const stores = () => server.received.flatMap(line => /UID STORE (\S+ \S+)/.exec(line)?.[1] ?? [])

  t.match(await push(), [{ folder: 'INBOX', message: /that message is locked/ }])
  t.same(
    stores(),
    ['1:5', '1:3', '4:5', '1:2', '3'].flatMap(set => [`${set} +FLAGS.SILENT`, `${set} -FLAGS.SILENT`]),
    'both halves of what was refused go out together',
  )
  t.match(store.read.pending.flags(inbox), [{ uid: REFUSED }])
  t.equal(store.read.pending.flags(inbox).length, 1)
  for (let run = 0; run < 2; run++) {
    await push()
    t.same(stores(), ['3 +FLAGS.SILENT', '3 -FLAGS.SILENT'])
  }
  t.match(store.read.incoming.ignored(inbox), [{ uid: REFUSED, stage: 'flags', error: /that message is locked/ }])
  t.match(await push(), { length: 0 })
  t.match(stores(), { length: 0 })
})
