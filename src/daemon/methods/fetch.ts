import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type { FetchProgress, FetchResult } from '../../sync/download/body-fetcher.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { findItem } from '../reading/item-id.ts'
import { readOne } from '../reading/readers.ts'

const DEFAULT_TIMEOUT_MS = 300_000
const MAX_TIMEOUT_MS = 86_400_000
const EXPORT_TIMEOUT_MS = 120_000

/** What became of one item of several. */
export interface FetchedItems {
  readonly fetched: readonly string[]
  readonly already: readonly string[]
  readonly errors: readonly { readonly id: string; readonly code: string; readonly message: string }[]
}

/** `item fetch`: all of messages of which only the header is here. */
export const FETCH_METHODS = {
  'item.fetch': valueMethod(
    z.strictObject({
      ids: z.array(z.string()).min(1),
      timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS).default(DEFAULT_TIMEOUT_MS),
    }),
    async ({ ids, timeoutMs }, context) => {
      const found = ids.map(id => findItem(context.installation, id))
      const groups = [...Map.groupBy(found, ({ profile }) => profile.number).values()]
      const parts = await Promise.all(
        groups.map(async group => {
          const [first] = group
          if (!first) return []
          const rows = group.map(({ row }) => row)
          return [named(first.profile.number, await fetchRows(context, first.profile, rows, timeoutMs))]
        }),
      )
      const all = parts.flat()
      return {
        fetched: all.flatMap(({ fetched }) => fetched),
        already: all.flatMap(({ already }) => already),
        errors: all.flatMap(({ errors }) => errors),
      }
    },
  ),
}

/**
 * Makes sure that items are whole before they leave the store; asks the server only when one is not.
 *
 * @throws {PosternError} STORE_HEADER_ONLY when the server cannot give the rest
 */
export async function ensureWhole(context: MethodContext, profile: Profile, stubs: readonly number[]): Promise<void> {
  if (stubs.length === 0) return
  const result = await fetchRows(context, profile, stubs, EXPORT_TIMEOUT_MS).catch(cause => {
    throw headerOnly(stubs.length, cause)
  })
  if (result.errors.length > 0) throw headerOnly(result.errors.length, result.errors[0])
}

/**
 * The same for items by their ids, of which most are whole.
 *
 * @throws {PosternError} STORE_NO_SUCH_ITEM, STORE_HEADER_ONLY
 */
export async function ensureWholeItems(context: MethodContext, ids: readonly string[]): Promise<void> {
  const found = ids.map(id => findItem(context.installation, id))
  for (const group of Map.groupBy(found, ({ profile }) => profile.number).values()) {
    const stubs: number[] = []
    for (const { profile, row } of group) {
      const { state } = await readOne(context.installation.readers, 'item', { dir: profile.dir, row })
      if (state === 'header') stubs.push(row)
    }
    const profile = group[0]?.profile
    if (profile) await ensureWhole(context, profile, stubs)
  }
}

function fetchRows(
  { installation, emit, signal }: MethodContext,
  profile: Profile,
  rows: readonly number[],
  timeoutMs: number,
): Promise<FetchResult> {
  const onProgress = (progress: FetchProgress) => emit(progress)
  return installation.syncs.fetch(profile, rows, { timeoutMs, onProgress, signal })
}

function named(profile: number, { fetched, already, errors }: FetchResult): FetchedItems {
  const idOf = (row: number) => `${profile}-${row}`
  return {
    fetched: fetched.map(idOf),
    already: already.map(idOf),
    errors: errors.map(({ item, code, message }) => ({ id: idOf(item), code, message })),
  }
}

function headerOnly(count: number, cause: unknown): PosternError {
  const why = typeof cause === 'object' && cause !== null && 'message' in cause ? ` ${cause.message}` : ''
  const what = count === 1 ? 'Only the header of the message is here' : `Only the headers of ${count} messages are here`
  return new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `${what}, and the rest cannot be fetched now.${why}`, {
    remedy: 'user',
    advice: 'Try again when the server can be reached: postern item fetch ID.',
    cause,
  })
}
