import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type { Installation } from '../installation.ts'
import { valueMethod } from '../method.ts'
import { findItem } from '../reading/item-id.ts'
import { readOne } from '../reading/readers.ts'
import type { ItemStory } from '../reading/story.ts'

const ITEM_ID = /^\d{1,9}-\d{1,15}$/

/** What `item explain` answers. */
export interface ExplainDocument {
  readonly query: string
  readonly matches: readonly (Omit<ItemStory, 'row'> & { readonly id: string | null; readonly profile: string })[]
  readonly notes: readonly string[]
}

/** `item explain`: why is it missing, twice, unread? */
export const EXPLAIN_METHODS = {
  'item.explain': valueMethod(
    z.strictObject({ query: z.string().min(1).max(1000), profile: z.string().optional() }),
    async ({ query, profile }, { installation }): Promise<ExplainDocument> => {
      if (!ITEM_ID.test(query)) return explainMessageId(installation, query, profile)
      const found = findItem(installation, query)
      const document = await ask(installation, found.profile, query, { row: found.row })
      if (document.matches.length > 0) return document
      throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There was never an item with the id ${query}.`, {
        remedy: 'user',
        advice: 'See `postern item list FOLDER` for the ids, or give the Message-ID.',
      })
    },
  ),
}

/** A Message-ID may be known to several profiles. */
async function explainMessageId(installation: Installation, query: string, name: string | undefined) {
  const profiles = name === undefined ? installation.profiles.list() : [installation.profiles.choose(name)]
  const messageId = query.startsWith('<') ? query : `<${query}>`
  const documents = await Promise.all(profiles.map(profile => ask(installation, profile, query, { messageId })))
  const hits = documents.filter(({ matches }) => matches.length > 0)
  const told = hits.length > 0 ? hits : documents
  return {
    query,
    matches: told.flatMap(({ matches }) => matches),
    notes: [...new Set(told.flatMap(({ notes }) => notes))],
  }
}

async function ask(
  { readers }: Installation,
  { dir, number, name }: Profile,
  query: string,
  wanted: { row: number } | { messageId: string },
): Promise<ExplainDocument> {
  const { matches, notes } = await readOne(readers, 'explain', { dir, wanted })
  const named = matches.map(({ row, ...story }) => ({
    id: row === null ? null : `${number}-${row}`,
    profile: name,
    ...story,
  }))
  return { query, matches: named, notes }
}
