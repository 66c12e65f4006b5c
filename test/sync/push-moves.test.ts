import { pino } from 'pino'
import t from 'tap'
import { pushMoves } from '../../src/sync/push-moves.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { addItem, storeWithInbox } from '../support/store.ts'

t.test('a move into a folder that somebody has deleted makes it again', async t => {
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
  let isThere = false
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('MOVE UIDPLUS', command => {
      if (command.startsWith('SELECT')) return '* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE] done\r\n'
      if (command.startsWith('CREATE')) isThere = true
      if (/^(CREATE|SUBSCRIBE)/.test(command)) return 'TAG OK done\r\n'
      if (!command.startsWith('UID MOVE')) return undefined
      return isThere ? '* OK [COPYUID 9 1 7] moved\r\nTAG OK done\r\n' : 'TAG NO [TRYCREATE] no such folder\r\n'
    }),
  )
  await using remote = await connectTo(server)
  const refused: unknown[] = []
  const told = { onUploaded: () => undefined, onRefused: (failure: unknown) => refused.push(failure) }
  await pushMoves({ store, remote, log: pino({ level: 'silent' }), clock: () => 0, ...told })
  t.same(refused, [])
  t.match(store.read.getItem(id), { uid: 7, folder: store.read.getFolder('Archive').id })
})
