import type { PosternError } from '../../errors.ts'
import { isRefusal, isThrottled } from '../refusal.ts'

/** A change that one command can make to many messages. */
export interface ChangeBatch {
  readonly uids: readonly number[]
  /** Makes it to some of them, or all. Repeated with fewer when the server refuses. */
  readonly send: (uids: readonly number[]) => Promise<void>
}

/** A message of which the server refused a change although no other was concerned. */
export interface RefusedChange {
  readonly uid: number
  readonly error: PosternError
}

/** How the halves are sent. */
export interface Halving {
  /** Tells a refusal that halves would meet as well; one that means "not now" unless told otherwise. */
  readonly concernsAll?: (error: PosternError) => boolean
  /** One after the other; else all at once, and the network's round trips overlap. */
  readonly isSerial?: boolean
}

const MAX_REFUSALS = 7 // of all, both halves and their four: with nothing taken so far, they are about the folder

/**
 * Makes changes to messages of one folder. Where the server refuses, halving finds out of which messages; the others are
 * changed.
 *
 * @throws {PosternError} UPSTREAM_REFUSED when the server refuses all alike, or has no time now; UPSTREAM_…
 */
export async function sendByHalves(
  batches: readonly ChangeBatch[],
  { concernsAll = isThrottled, isSerial = false }: Halving = {},
): Promise<readonly RefusedChange[]> {
  const alone: RefusedChange[] = []
  let [refusals, isAnyTaken] = [0, false]
  for (let round = batches; round.length > 0; ) {
    const refused = await sendAll(round, isSerial)
    isAnyTaken ||= refused.length < round.length
    refusals += refused.length
    const about = refused.find(({ error }) => concernsAll(error)) ?? refused[0]
    if (about && (concernsAll(about.error) || (!isAnyTaken && refusals > MAX_REFUSALS))) throw about.error
    for (const { batch, error } of refused) {
      const [uid] = batch.uids
      if (uid !== undefined && batch.uids.length === 1) alone.push({ uid, error })
    }
    round = refused.flatMap(({ batch }) => halvesOf(batch))
  }
  return alone
}

interface Refused {
  readonly batch: ChangeBatch
  readonly error: PosternError
}

/** Gives what was refused. */
async function sendAll(batches: readonly ChangeBatch[], isSerial: boolean): Promise<Refused[]> {
  if (!isSerial) return (await Promise.all(batches.map(send))).flat()
  const refused: Refused[] = []
  for (const batch of batches) refused.push(...(await send(batch)))
  return refused
}

async function send(batch: ChangeBatch): Promise<Refused[]> {
  try {
    await batch.send(batch.uids)
    return []
  } catch (error) {
    if (isRefusal(error)) return [{ batch, error }]
    throw error
  }
}

function halvesOf({ uids, send }: ChangeBatch): ChangeBatch[] {
  if (uids.length < 2) return []
  const middle = Math.ceil(uids.length / 2)
  return [uids.slice(0, middle), uids.slice(middle)].map(half => ({ uids: half, send }))
}
