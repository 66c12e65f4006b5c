import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { UidSet } from '../../src/formats/imap/uid-set.ts'
import type { RemoteUid } from '../../src/sync/remote.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelAccount } from '../support/model-account.ts'

const MESSAGES = 40
const REFUSED = 17
const NAMES = Array.from({ length: MESSAGES }, (_, index) => `m${index + 1}`)
const OTHERS = NAMES.filter(name => name !== `m${REFUSED}`).toSorted()

/** How a server refuses to move one message: before it has moved any, or after those with smaller UIDs. */
interface Conduct {
  readonly verb?: 'move' | 'copy'
  readonly isPartial?: boolean
  /** Whether the new UIDs are told before the refusal. */
  readonly isTold?: boolean
}

/** An account whose messages are all moved to the Archive by the user, and a server that refuses one of them. */
async function moving({ verb = 'move', isPartial = false, isTold = false }: Conduct) {
  const account = new ModelAccount()
  account.deliver('INBOX', ...NAMES)
  account.deliver('Archive', 'other')
  await account.sync()
  const server = { isWilling: false, commands: 0 }
  const { select } = ModelRemote.prototype
  account.connected = remote => {
    if (verb === 'copy') Object.assign(remote, { features: { ...remote.features, move: false } })
    remote.select = async path => {
      const folder = await select.call(remote, path)
      const transfer = folder[verb]
      folder[verb] = async (uids, destination, onGiven) => {
        server.commands++
        const isRefused = uids.has(REFUSED) && !server.isWilling
        const silent = (uid: number, given: RemoteUid) => (isTold || !isRefused) && onGiven(uid, given)
        if (!isRefused || isPartial) await transfer.call(folder, isRefused ? below(uids) : uids, destination, silent)
        if (isRefused) throw refusal()
      }
      return folder
    }
    return remote
  }
  await account.change({ kind: 'move', items: account.items('INBOX').map(({ id }) => id), folder: 'Archive' })
  return { account, server }
}

function below(uids: UidSet): UidSet {
  return UidSet.of(Array.from({ length: REFUSED - 1 }, (_, index) => index + 1).filter(uid => uids.has(uid)))
}

function refusal(): PosternError {
  return new PosternError('UPSTREAM_REFUSED', 'model refused: NO locked', { remedy: 'retry', advice: '-' })
}

for (const conduct of [
  {},
  { verb: 'copy' },
  { isPartial: true, isTold: true },
  { isPartial: true },
] as const satisfies readonly Conduct[]) {
  const name = `a move that is refused for one message, ${JSON.stringify(conduct)}`
  t.test(`${name}: the others are moved, it goes back, and can be moved again`, async t => {
    const { account, server } = await moving(conduct)
    using _account = account
    t.match(await account.sync(), { errors: [{ folder: 'Archive', message: /locked/ }] })
    t.ok(server.commands <= 13, `${server.commands} commands: all, and two for each of six halvings`)
    for (let run = 0; run < 3; run++) {
      const places = [account.subjects('INBOX'), account.subjects('Archive').toSorted()]
      t.same(places, [[`m${REFUSED}`], [...OTHERS, 'other'].toSorted()], `run ${run}`)
      t.match(await account.sync(), { downloaded: 0, errors: { length: 0 } })
    }
    t.same(account.serverSubjects('INBOX'), [`m${REFUSED}`])
    t.same(account.serverSubjects('Archive').toSorted(), [...OTHERS, 'other'].toSorted(), 'each once')
    const told = account.store.database.all(`SELECT item, detail FROM ledger WHERE event = 'move-reverted'`)
    t.match(told, [{ item: account.items('INBOX')[0]?.id, detail: /locked/ }])
    t.equal(told.length, 1)
    t.notOk(account.store.read.pending.hasOpen(), 'nothing waits')

    server.isWilling = true
    await account.change({ kind: 'move', items: account.items('INBOX').map(({ id }) => id), folder: 'Archive' })
    for (let run = 0; run < 2; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.serverSubjects('Archive').toSorted(), [...NAMES, 'other'].toSorted())
  })
}
