import { createHash } from 'node:crypto'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import type { Store } from '../../store/store.ts'

/** Puts a message that Postern made itself into the Inbox: durable when it resolves. Not while a run is going on. */
export async function deliverLocally(store: Store, message: Buffer): Promise<void> {
  await using writer = store.openPackWriter()
  writer.begin(message.length)
  writer.write(message)
  const location = writer.end()
  const ends = await writer.sync()
  const digest = { sha256: createHash('sha256').update(message).digest(), ...summarizeHeader(message) }
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    transactor.ensureInbox()
    transactor.addLocal(store.read.getFolder('INBOX').id, location, digest)
  })
}
