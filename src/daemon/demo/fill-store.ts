import { hash } from 'node:crypto'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import type { NewMessage } from '../../store/changes/local-changes.ts'
import { packFlags } from '../../store/flags.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { Store } from '../../store/store.ts'
import { SAMPLE_DELIMITER, type SampleFolder, type SampleMessage } from './sample-mail/sample-message.ts'

const BATCH_MESSAGES = 100
const BATCH_OCTETS = 8 * 1_048_576
const HEAD_OCTETS = 262_144 // lists need the beginning of a header only

/** What {@link fillStore} has put into the store. */
export interface FilledStore {
  readonly messages: number
  readonly octets: number
}

/** Options of {@link fillStore}. */
export interface FillOptions {
  readonly folders: readonly SampleFolder[]
  /** Each in one of the folders; taken one by one, so that they need never be in memory together. */
  readonly messages: Iterable<SampleMessage>
}

interface BatchedMessage {
  readonly folder: string
  readonly message: NewMessage
}

/**
 * Fills the store of an embedded upstream; durable when it resolves. Each batch is one transaction.
 *
 * NOTE: the folders are marked as excluded from synchronization, since this store is itself the server: nothing in them is
 * ever queued for upload, and what is deleted there is deleted at once.
 */
export async function fillStore(store: Store, { folders, messages }: FillOptions): Promise<FilledStore> {
  putFolders(store, folders)
  await using writer = store.openPackWriter()
  let [count, octets, pending] = [0, 0, 0]
  let batch: BatchedMessage[] = []
  for (const message of messages) {
    batch.push({ folder: message.folder, message: await writeBody(writer, message) })
    count++
    octets += message.octets.length
    pending += message.octets.length
    if (batch.length < BATCH_MESSAGES && pending < BATCH_OCTETS) continue
    await commit(store, writer, batch)
    batch = []
    pending = 0
  }
  await commit(store, writer, batch)
  return { messages: count, octets }
}

/** Makes the folders of an embedded upstream's store; those that are there are left as they are. */
function putFolders(store: Store, folders: readonly SampleFolder[]): void {
  const facts = { delimiter: SAMPLE_DELIMITER, rights: undefined, isSelectable: true, isExcluded: true }
  store.transact(transactor => {
    for (const { path, role } of folders) transactor.putFolder({ path, role, ...facts })
  })
}

async function writeBody(writer: PackWriter, { octets, flags, internalDateMs }: SampleMessage): Promise<NewMessage> {
  writer.begin(octets.length)
  writer.write(octets)
  const location = writer.end()
  await writer.drained()
  const sha256 = hash('sha256', octets, 'buffer')
  const digest = { sha256, ...summarizeHeader(octets.subarray(0, HEAD_OCTETS)) }
  return { location, digest, flags: packFlags(flags), internalDateMs }
}

async function commit(store: Store, writer: PackWriter, batch: readonly BatchedMessage[]): Promise<void> {
  if (batch.length === 0) return
  const ends = await writer.sync()
  const folders = new Map(batch.map(({ folder }) => [folder, store.read.getFolder(folder).id]))
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    for (const { folder, message } of batch) {
      const id = folders.get(folder)
      if (id !== undefined) transactor.local.addMessage(id, message)
    }
  })
}
