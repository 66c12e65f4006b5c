import type { PendingAppend } from '../../store/queries/pending-changes.ts'

const MAX_BATCH_MESSAGES = 50
const MAX_BATCH_OCTETS = 4 * 1_048_576
const MAX_WAVE_BATCHES = 8
const MAX_WAVE_OCTETS = 16 * 1_048_576 // under way and not answered: what a lost connection makes uncertain
// Whose answer was lost, again and again, is sent with fewer and fewer others, in the end alone.
const MESSAGES_BY_LOST = [MAX_BATCH_MESSAGES, 10, 2]

/** Messages for one folder, to be appended as one unit. */
export interface AppendBatch {
  readonly folder: number
  readonly appends: readonly PendingAppend[]
}

/** Splits what is to be appended into batches, and these into waves that are sent without waiting for answers. */
export function* appendWaves(appends: readonly PendingAppend[]): Generator<readonly AppendBatch[]> {
  for (const [lost, equals] of Map.groupBy(appends, each => each.lost)) {
    let wave: AppendBatch[] = []
    let octets = 0
    for (const batch of batches(equals, MESSAGES_BY_LOST[lost] ?? 1)) {
      const size = octetsOf(batch.appends)
      const isFull = lost > 0 || wave.length >= MAX_WAVE_BATCHES || octets + size > MAX_WAVE_OCTETS
      if (isFull && wave.length > 0) {
        yield wave
        wave = []
        octets = 0
      }
      wave.push(batch)
      octets += size
    }
    if (wave.length > 0) yield wave
  }
}

function* batches(appends: readonly PendingAppend[], maxMessages: number): Generator<AppendBatch> {
  for (const [folder, own] of Map.groupBy(appends, each => each.folder)) {
    let batch: PendingAppend[] = []
    let octets = 0
    for (const append of own) {
      const isFull = batch.length >= maxMessages || octets + append.location.length > MAX_BATCH_OCTETS
      if (isFull && batch.length > 0) {
        yield { folder, appends: batch }
        batch = []
        octets = 0
      }
      batch.push(append)
      octets += append.location.length
    }
    yield { folder, appends: batch }
  }
}

function octetsOf(appends: readonly PendingAppend[]): number {
  return appends.reduce((sum, { location }) => sum + location.length, 0)
}
