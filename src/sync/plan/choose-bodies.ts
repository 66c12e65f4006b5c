import { hash } from 'node:crypto'
import type { BodyLimits, ReleasableBody, ReleasedBody } from '../../store/changes/body-changes.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { headerOf } from '../local/header-hash.ts'
import type { SyncSettings } from '../settings.ts'
import { bodyLimits, keptSince } from './body-limits.ts'

const BATCH_ITEMS = 500
const AGAIN_AFTER_MS = 6 * 3_600_000 // days pass slowly; looking for what is older than N of them reads the whole folder

/** What deciding about bodies needs. */
export interface ChoiceContext {
  readonly store: Store
  readonly settings: SyncSettings
  readonly clock: () => number
}

/** Asks for the bodies that are wanted by now, and lets those go that are too old. */
export async function chooseBodies({ store, settings, clock }: ChoiceContext, { id }: FolderRow): Promise<void> {
  const folder = store.read.findFolder(id) // PLAN may have read it for the first time, or the user has deleted it
  if (folder?.uidValidity === undefined) return
  const limits = bodyLimits(settings, folder, clock())
  reconsider(store, folder.id, folder.uidValidity, limits)
  await letGoOld(store, folder, keptSince(settings, clock()))
}

function reconsider(store: Store, folder: number, uidValidity: number, limits: BodyLimits): void {
  const place = { folder, uidValidity }
  if (!store.read.incoming.isChoiceChanged(place, limits)) return
  store.transact(({ incoming }) => incoming.bodies.reconsider(place, limits))
}

async function letGoOld(store: Store, { id, kind }: FolderRow, sinceMs: number | undefined): Promise<void> {
  const before = store.read.incoming.letGoBefore(id)
  if (sinceMs === undefined || kind === 'file') {
    if (before !== undefined) store.transact(({ incoming }) => incoming.bodies.setLetGo(id, undefined))
    return
  }
  if (before !== undefined && Math.abs(sinceMs - before) < AGAIN_AFTER_MS) return
  for (let after = 0; ; ) {
    const batch = store.read.incoming.releasable({ folder: id, sinceMs, after }, BATCH_ITEMS)
    await letGo(store, id, sinceMs, batch)
    after = batch.at(-1)?.item ?? after
    if (batch.length < BATCH_ITEMS) break
  }
  store.transact(({ incoming }) => incoming.bodies.setLetGo(id, sinceMs))
}

// A record of a pack is checked as a whole: a header that stays alone is written anew.
async function letGo(store: Store, folder: number, sinceMs: number, batch: readonly ReleasableBody[]): Promise<void> {
  if (batch.length === 0) return
  await using writer = store.openPackWriter()
  const released = batch.flatMap(body => writeHeader(store, writer, body))
  const ends = await writer.sync()
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    transactor.incoming.bodies.letGo(folder, sinceMs, released)
  })
}

function writeHeader(store: Store, writer: PackWriter, body: ReleasableBody): ReleasedBody[] {
  const header = headerOf(store.read, body.location)
  if (!header || header.length >= body.location.length) return [] // nothing to gain
  writer.begin(header.length)
  writer.write(header)
  return [{ ...body, header: writer.end(), sha256: hash('sha256', header, 'buffer') }]
}
