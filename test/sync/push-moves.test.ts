import { pino } from 'pino'
import t, { type Test } from 'tap'
import { pushMoves } from '../../src/sync/push/push-moves.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { addItem, storeWithInbox } from '../support/store.ts'

const MOVED = '* OK [COPYUID 9 1 7] moved\r\nTAG OK done\r\n'

/** Pushes the move of a message from the Inbox to the Archive, to a server that answers UID MOVE as it is told. */
async function pushOne(t: Test, answerMove: (received: readonly string[]) => string) {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  const [id = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  store.transact(transactor => {
    const facts = {
      delimiter: '/',
      role: undefined,
      isSelectable: true,
      isExcluded: false,
      rights: undefined,
    }
    transactor.putFolder({ path: 'Archive', ...facts })
    const archive = store.read.getFolder('Archive').id
    transactor.setPosition(archive, { uidValidity: 9, uidNext: 1, highestModseq: 1n }, true)
    transactor.local.move(id, archive)
  })
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('MOVE UIDPLUS', command => {
      if (command.startsWith('SELECT')) return '* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE] done\r\n'
      if (command.startsWith('UID FETCH')) return '* 1 FETCH (UID 1 FLAGS ())\r\nTAG OK done\r\n'
      if (/^(CREATE|SUBSCRIBE)/.test(command)) return 'TAG OK done\r\n'
      return command.startsWith('UID MOVE') ? answerMove(server.received) : undefined
    }),
  )
  await using remote = await connectTo(server)
  const refused: unknown[] = []
  const told = { onUploaded: () => undefined, onRefused: (failure: unknown) => refused.push(failure) }
  await pushMoves({
    store,
    remote,
    log: pino({ level: 'silent' }),
    clock: () => 0,
    settings: DEFAULT_SYNC_SETTINGS,
    ...told,
  })
  const item = store.read.getItem(id)
  return { refused, uid: item.uid, folder: store.read.folders().find(({ id }) => id === item.folder)?.path, store }
}

const countMoves = (received: readonly string[]) => received.filter(line => line.includes('UID MOVE')).length

t.test('a move into a folder that somebody has deleted makes it again', async t => {
  const isThere = (received: readonly string[]) => received.some(line => line.includes('CREATE'))
  const moved = await pushOne(t, received => (isThere(received) ? MOVED : 'TAG NO [TRYCREATE] no such folder\r\n'))
  t.match(moved, { refused: { length: 0 }, folder: 'Archive', uid: 7 })
})

t.test('a move that somebody’s EXPUNGE disturbs is sent once more', async t => {
  const answer = (received: readonly string[]) => (countMoves(received) > 1 ? MOVED : 'TAG NO [EXPUNGEISSUED] gone\r\n')
  t.match(await pushOne(t, answer), { refused: { length: 0 }, folder: 'Archive', uid: 7 })
})

t.test('a server that has no time now is told of the move again by the next cycle', async t => {
  for (const code of ['EXPUNGEISSUED', 'INUSE']) {
    const { refused, folder, store } = await pushOne(t, () => `TAG NO [${code}] not now\r\n`)
    t.equal(refused.length, 1, code)
    t.equal(folder, 'Archive', 'where the user has put it')
    t.match(store.read.pending.moves(store.read.getFolder('INBOX').id), [{ uid: 1 }])
  }
})

t.test('a move that the server does not want is undone', async t => {
  const { refused, folder, store } = await pushOne(t, () => 'TAG NO [NOPERM] no\r\n')
  t.equal(refused.length, 1)
  t.equal(folder, 'INBOX')
  t.same(store.read.pending.movedFrom(), [])
})
