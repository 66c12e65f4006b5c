import type { Resolution } from '../../store/changes/conflicts.ts'
import type { StagedRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { Importer, ImportOutcome } from './importer.ts'

const BATCH_ROWS = 200 // about 20 ms of a transaction
const MAX_BATCH_OCTETS = 16 * 1_048_576

/** Options of {@link FolderImport}. */
export interface FolderImportOptions {
  readonly store: Store
  readonly importer: Importer
  readonly folder: number
  readonly resolution: Resolution
  readonly onImported: (count: number) => void
  /** Waits after each item, where the user wants that; rejects when the run is stopped. */
  readonly pause: (() => Promise<void>) | undefined
}

/** IMPORT: turns staged messages of a folder into items. Works while DOWNLOAD goes on: `poke` says that there is more. */
export class FolderImport {
  readonly #store: Store
  readonly #importer: Importer
  readonly #folder: number
  readonly #resolution: Resolution
  readonly #onImported: (count: number) => void
  readonly #pause: (() => Promise<void>) | undefined
  #running: Promise<void> = Promise.resolve()
  #isRunning = false

  constructor({ store, importer, folder, resolution, onImported, pause }: FolderImportOptions) {
    this.#store = store
    this.#importer = importer
    this.#resolution = resolution
    this.#folder = folder
    this.#onImported = onImported
    this.#pause = pause
  }

  /** Starts work if none is going on. */
  poke(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#running = this.#work().finally(() => {
      this.#isRunning = false
    })
    this.#running.catch(() => undefined) // told by finish
  }

  /** Resolves when nothing is staged any more. */
  async finish(): Promise<void> {
    await this.#running
    this.poke()
    await this.#running
  }

  async #work(): Promise<void> {
    for (;;) {
      const limit = this.#pause ? 1 : BATCH_ROWS
      const rows = limitOctets(this.#store.read.incoming.staged(this.#folder, limit))
      if (rows.length === 0) return
      const outcomes = await this.#importer.digest(rows)
      // Every row leaves the queue, whatever its outcome: the loop ends.
      const imported = this.#commit(rows, outcomes)
      this.#onImported(imported)
      await this.#pause?.()
    }
  }

  #commit(rows: readonly StagedRow[], outcomes: readonly ImportOutcome[]): number {
    // If it is undone, the rows are staged again. What was staged is durable since DOWNLOAD.
    return this.#store.transactRepeatable(transactor => {
      let imported = 0
      for (const { row, outcome } of inServersOrder(rows, outcomes)) {
        if (outcome?.kind === 'digest')
          imported += Number(transactor.incoming.import(row, outcome.digest, this.#resolution))
        else transactor.incoming.failImport(row, outcome?.message ?? 'no outcome')
      }
      return imported
    })
  }
}

function limitOctets(rows: readonly StagedRow[]): readonly StagedRow[] {
  let octets = 0
  const end = rows.findIndex((row, index) => {
    octets += row.location.length
    return index > 0 && octets > MAX_BATCH_OCTETS
  })
  return end === -1 ? rows : rows.slice(0, end)
}

// The newest come first: their local UIDs should rise like the server's where they can.
function inServersOrder(rows: readonly StagedRow[], outcomes: readonly ImportOutcome[]) {
  return rows
    .map((row, index) => ({ row, outcome: outcomes[index] }))
    .sort((left, right) => left.row.uid - right.row.uid)
}
