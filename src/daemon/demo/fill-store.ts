import { createHash } from 'node:crypto'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import type { NewMessage } from '../../store/changes/local-changes.ts'
import { packFlags } from '../../store/flags.ts'
import type { Store } from '../../store/store.ts'
import type { FolderRole } from '../../sync/remote.ts'

const BATCH_MESSAGES = 100

/** A message that is put into a store. */
export interface DemoMessage {
  readonly folder: string
  readonly octets: Buffer
  readonly flags: readonly string[]
  /** In ms since the epoch. */
  readonly internalDateMs: number
}

/** A folder that is made. */
export interface DemoFolder {
  readonly path: string
  readonly role: FolderRole | undefined
}

/** Makes folders, and puts messages into them batch by batch; counts both. */
export async function fillStore(
  store: Store,
  { folders, messages }: { readonly folders: readonly DemoFolder[]; readonly messages: Iterable<DemoMessage> },
): Promise<{ readonly folders: number; readonly messages: number }> {
  store.transact(transactor => {
    for (const folder of folders) {
      transactor.putFolder({ ...folder, delimiter: '/', rights: undefined, isSelectable: true, isExcluded: false })
    }
  })
  let count = 0
  let batch: DemoMessage[] = []
  for (const message of messages) {
    batch.push(message)
    count++
    if (batch.length < BATCH_MESSAGES) continue
    await putMessages(store, batch)
    batch = []
  }
  await putMessages(store, batch)
  return { folders: folders.length, messages: count }
}

/** Puts messages into a store in one transaction; durable when it resolves. */
export async function putMessages(store: Store, messages: readonly DemoMessage[]): Promise<void> {
  await using writer = store.openPackWriter()
  const made = messages.map(({ folder, octets, flags, internalDateMs }): [string, NewMessage] => {
    writer.begin(octets.length)
    writer.write(octets)
    const digest = { sha256: createHash('sha256').update(octets).digest(), ...summarizeHeader(octets) }
    return [folder, { location: writer.end(), digest, flags: packFlags(flags), internalDateMs }]
  })
  const ends = await writer.sync()
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    for (const [folder, message] of made) transactor.local.addMessage(store.read.getFolder(folder).id, message)
  })
}
