import { PosternError } from '../../../errors.ts'
import type { PackLocation } from '../../packs/pack-format.ts'
import type { PackWriter } from '../../packs/pack-writer.ts'
import type { Store } from '../../store.ts'
import { BODY_OWNERS, type OwnedBody, ownedBodies } from '../bodies.ts'

const BATCH_OCTETS = 8 * 1_048_576 // moved, made durable and committed together
const BATCH_BODIES = 200 // about 20 ms of a transaction
const MAX_ROUNDS = 5 // rows that were copied meanwhile are moved in a further round

interface Moved {
  readonly owners: readonly OwnedBody[]
  readonly location: PackLocation
}

/** Moves what is alive out of packs into new ones. */
export class PackMover {
  readonly #store: Store
  readonly #clock: () => number
  readonly #signal: AbortSignal
  #copied = 0
  #damaged = 0

  constructor(store: Store, { clock, signal }: { readonly clock: () => number; readonly signal: AbortSignal }) {
    this.#store = store
    this.#clock = clock
    this.#signal = signal
  }

  /** Octets copied and bodies left behind because they cannot be read. */
  get counts() {
    return { copied: this.#copied, damaged: this.#damaged }
  }

  /** Moves a pack's bodies and retires it; false when it has to stay: something in it cannot be read, or is written. */
  async empty(pack: number): Promise<boolean> {
    using claim = this.#store.claimPack(pack)
    if (!claim) return false // a message that is just being opened goes there
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const bodies = this.#bodiesOf(pack)
      const damagedBefore = this.#damaged
      if (bodies.length > 0) await this.#move(bodies)
      if (this.#damaged > damagedBefore) return false
      if (this.#retire(pack)) return true
    }
    return false
  }

  // A body that several rows share is moved once, for all of them.
  #bodiesOf(pack: number): OwnedBody[][] {
    const bodies = [...ownedBodies(this.#store.database, `pack = ${pack}`)].flat()
    return [...Map.groupBy(bodies, ({ location }) => location.offset).values()].sort(byOffset)
  }

  async #move(bodies: readonly OwnedBody[][]): Promise<void> {
    await using writer = this.#store.openPackWriter({ isFresh: this.#copied === 0 })
    let batch: Moved[] = []
    let octets = 0
    for (const owners of bodies) {
      this.#signal.throwIfAborted()
      const location = await this.#copy(writer, owners)
      if (location) batch.push({ owners, location })
      octets += location?.length ?? 0
      if (octets < BATCH_OCTETS && batch.length < BATCH_BODIES) continue
      await this.#commit(writer, batch)
      batch = []
      octets = 0
    }
    await this.#commit(writer, batch)
  }

  async #copy(writer: PackWriter, owners: readonly OwnedBody[]): Promise<PackLocation | undefined> {
    const from = owners[0]?.location
    if (!from) return undefined
    let isBegun = false
    try {
      for (const chunk of this.#store.read.body(from)) {
        if (!isBegun) writer.begin(from.length)
        isBegun = true
        writer.write(chunk)
        await writer.drained()
      }
      if (!isBegun) writer.begin(from.length)
      this.#copied += from.length
      return writer.end()
    } catch (error) {
      if (!(error instanceof PosternError && error.code === 'STORE_PACK_DAMAGED')) throw error
      writer.abort()
      this.#noteDamage(owners, error.message)
      return undefined
    }
  }

  #noteDamage(owners: readonly OwnedBody[], cause: string): void {
    this.#damaged += owners.length
    this.#store.transact(({ damaged }) => {
      for (const { owner, id } of owners) if (owner === 'item') damaged.note(id, cause)
    })
  }

  async #commit(writer: PackWriter, batch: readonly Moved[]): Promise<void> {
    if (batch.length === 0) return
    const ends = await writer.sync()
    const { database } = this.#store
    this.#store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      for (const { owners, location } of batch) {
        for (const { owner, id, location: from } of owners) {
          // What has another body by now, or is gone, stays as it is: the copy is dead.
          const sql = `UPDATE ${owner} SET pack = ?, offset = ? WHERE id = ? AND pack = ? AND offset = ?`
          database.run(sql, location.pack, location.offset, id, from.pack, from.offset)
        }
      }
    })
  }

  #retire(pack: number): boolean {
    const isFree = BODY_OWNERS.map(owner => `NOT EXISTS(SELECT 1 FROM ${owner} WHERE pack = ?1)`).join(' AND ')
    const sql = `UPDATE pack SET retired_at = ?2 WHERE id = ?1 AND retired_at IS NULL AND ${isFree}`
    const { database } = this.#store
    return database.transaction(() => database.run(sql, pack, this.#clock()).changes > 0, true)
  }
}

function byOffset(left: readonly OwnedBody[], right: readonly OwnedBody[]): number {
  return (left[0]?.location.offset ?? 0) - (right[0]?.location.offset ?? 0)
}
