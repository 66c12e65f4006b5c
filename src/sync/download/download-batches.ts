import type { DownloadCandidate } from '../../store/queries/incoming-queries.ts'
import type { BodyPart, DownloadPlace } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'

const MAX_BATCH_MESSAGES = 500
const MAX_BATCH_OCTETS = 2 * 1_048_576
const HEADER_OCTETS = 4096 // a guess: the server tells the size of the whole message only

/** A message of a batch. */
export interface WantedMessage {
  readonly uid: number
  readonly part: BodyPart
  /** About as many will come. */
  readonly octets: number
}

/** Chooses what is asked for next. */
export interface BatchChooser {
  /** Whether a batch is asked for while nothing else is on its way: so that it is known what a failure is about. */
  readonly isAlone: boolean
  /** The next batch, all of one part; empty when there is nothing left. */
  next(): readonly WantedMessage[]
  /** One of them came to nothing: it is not asked for again in this run. */
  failed(uid: number): void
}

/** The smallest company in which a message was asked for in this run: it is not asked for again in the same. */
export type AskedCompanies = Map<number, number>

/** All that nothing is known against, newest first. */
export class FreshBatches implements BatchChooser {
  readonly isAlone = false
  readonly #store: Store
  readonly #place: DownloadPlace
  readonly #asked: AskedCompanies
  #beforeUid = Number.MAX_SAFE_INTEGER

  constructor(store: Store, place: DownloadPlace, asked: AskedCompanies) {
    this.#store = store
    this.#place = place
    this.#asked = asked
  }

  failed(uid: number): void {
    this.#asked.set(uid, 1)
  }

  next(): readonly WantedMessage[] {
    const batch = fill(this.#store.read.incoming.next(this.#place, this.#beforeUid, MAX_BATCH_MESSAGES))
    this.#beforeUid = batch.at(-1)?.uid ?? 0
    return batch
  }
}

/**
 * What failed, or was asked for together with something that did: company by company, halved at each failure until the
 * guilty is alone. The companies are kept in the store, so a new process goes on where the last one stopped.
 */
export class SuspectBatches implements BatchChooser {
  readonly isAlone = true
  readonly #store: Store
  readonly #place: DownloadPlace
  readonly #asked: AskedCompanies

  constructor(store: Store, place: DownloadPlace, asked: AskedCompanies) {
    this.#store = store
    this.#place = place
    this.#asked = asked
  }

  failed(uid: number): void {
    this.#asked.set(uid, 1)
  }

  next(): readonly WantedMessage[] {
    const rows = this.#store.read.incoming
      .suspects(this.#place)
      .filter(({ uid, maxBatch = 1 }) => maxBatch < (this.#asked.get(uid) ?? Number.POSITIVE_INFINITY))
    const size = rows[0]?.maxBatch ?? 1
    const batch = fill(rows.filter(({ maxBatch }) => maxBatch === size).slice(0, size))
    for (const { uid } of batch) this.#asked.set(uid, Math.min(size, batch.length))
    return batch
  }
}

function fill(rows: readonly DownloadCandidate[]): readonly WantedMessage[] {
  const part = rows[0]?.want ?? 'full'
  const batch: WantedMessage[] = []
  let octets = 0
  for (const { uid, size, want } of rows) {
    const expected = want === 'header' ? Math.min(size, HEADER_OCTETS) : size
    octets += expected
    if (want !== part || batch.length >= MAX_BATCH_MESSAGES) break
    if (batch.length > 0 && octets > MAX_BATCH_OCTETS) break
    batch.push({ uid, part, octets: expected })
  }
  return batch
}
