import t from 'tap'
import { FreshBatches } from '../../src/sync/download/download-batches.ts'
import { runDownload } from '../../src/sync/download/download-folder.ts'
import type { SelectedFolder } from '../../src/sync/remote.ts'
import { remoteMessage, storeWithInbox } from '../support/store.ts'

const MESSAGES = 4500 // a commit is due at 2,000, and one that ends begins the next

t.test('all that has arrived is durable when the download ends, whatever commits were under way', async t => {
  const { store, inbox } = storeWithInbox(t)
  store.transact(({ incoming }) => {
    for (let uid = 1; uid <= MESSAGES; uid++) incoming.enqueue(inbox, 1, remoteMessage(uid))
  })
  // A server faster than any disk: everything is here before the first commit is.
  const download: SelectedFolder['download'] = async (next, sink) => {
    for (let batch = await next(); batch; batch = await next()) {
      for (const uid of batch.uids) {
        sink.begin(5)
        sink.write(Buffer.from('hello'))
        sink.end({ uid, flags: [], internalDateMs: 0 })
      }
    }
  }
  const selected = { download } as SelectedFolder // all that a download needs of it
  const place = { folder: inbox, uidValidity: 1 }
  let committed = 0
  const events = {
    committed: (count: number) => {
      committed += count
    },
  }
  await using writer = store.openPackWriter()
  await runDownload(selected, { store, writer, place, chooser: new FreshBatches(store, place, new Map()), events })
  t.equal(committed, MESSAGES)
  t.match(store.read.counts(inbox), { queuedDownload: 0, queuedImport: MESSAGES })
})
