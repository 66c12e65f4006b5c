import type { Biography, History, LedgerRow } from '../../store/queries/history.ts'
import type { StoreReader } from '../../store/reader.ts'
import { wordsFor, wordsForPlace, wordsForWork } from './story-words.ts'

/** A message's story, newest last; `row` becomes the id. */
export interface ItemStory {
  readonly row: number | null
  readonly messageId: string | null
  readonly subject: string | null
  /** Where it is: `item`, `queue`, `ignored`, `deleted`, … */
  readonly state: string
  readonly where: readonly string[]
  /** What it waits for. */
  readonly waitsFor: readonly string[]
  readonly story: readonly { readonly at: string; readonly event: string; readonly text: string }[]
}

/** What is told of messages, and what else may explain that one is missing. */
export interface Explanation {
  readonly matches: readonly ItemStory[]
  readonly notes: readonly string[]
}

/** Tells the story of an item, or of all messages with a Message-ID. */
export function explain(
  store: StoreReader,
  wanted: { readonly row: number } | { readonly messageId: string },
): Explanation {
  const { history } = store
  if ('row' in wanted) {
    const biography = history.ofItem(wanted.row)
    return biography
      ? { matches: [tell(biography)], notes: notesOnFolders(store, [biography]) }
      : { matches: [], notes: [] }
  }
  const biographies = history.ofMessageId(wanted.messageId)
  const notes = [...notesOnHits(history, biographies.length), ...notesOnFolders(store, biographies)]
  return { matches: biographies.map(tell), notes }
}

function tell({ item, places, pending, ledger }: Biography): ItemStory {
  const [place] = places
  const seen = place?.seenMs === undefined ? [] : [entry(place.seenMs, 'seen', 'it was seen on the server')]
  const events = [...seen, ...ledger.flatMap(storyOf)]
  return {
    row: item ?? null,
    messageId: places.find(({ messageId }) => messageId !== undefined)?.messageId ?? null,
    subject: places.find(({ subject }) => subject !== undefined)?.subject ?? null,
    state: place?.kind ?? 'purged',
    where: places.map(wordsForPlace),
    waitsFor: pending.map(wordsForWork),
    // Nothing can happen to a message before it is seen, not even in the same millisecond.
    story: events.sort((left, right) => left.at.localeCompare(right.at) || rank(left) - rank(right)),
  }
}

// The entry of an import stands for three events: how long ago it was seen and downloaded, in ms.
function storyOf(row: LedgerRow) {
  const { atMs, event, detail = '', path, uid } = row
  if (event !== 'imported') return [entry(atMs, event, wordsFor(row))]
  const [, seen, arrived, isStub] = /^(\d+) (\d+)( header)?/.exec(detail) ?? []
  const what = isStub ? 'its header' : 'it'
  return [
    ...(seen === undefined
      ? []
      : [entry(atMs - Number(seen), 'seen', `it was seen on the server, number ${uid} in ${path}`)]),
    ...(arrived === undefined ? [] : [entry(atMs - Number(arrived), 'downloaded', `${what} was downloaded`)]),
    entry(atMs, event, `it was imported: from then on it could be seen here${isStub ? ', its header only' : ''}`),
  ]
}

function rank({ event }: { readonly event: string }): number {
  return event === 'seen' ? 0 : 1
}

function entry(atMs: number, event: string, text: string) {
  return { at: new Date(atMs).toISOString(), event, text }
}

function notesOnHits(history: History, hits: number): string[] {
  if (hits > 1) return [`${hits} messages have this Message-ID: each has a story of its own.`]
  if (hits === 1) return []
  const nameless = history.namelessCount()
  const waiting =
    nameless > 0
      ? [`${nameless} messages are still on their way; what they are called is known when they are here.`]
      : []
  return ['No message with this Message-ID was seen here.', ...waiting]
}

// A message may be missing because of its folder.
function notesOnFolders(store: StoreReader, biographies: readonly Biography[]): string[] {
  const paths = new Set(biographies.flatMap(({ places }) => places.map(({ path }) => path)))
  const isAsked = (path: string) => biographies.length === 0 || paths.has(path)
  return store.folders().flatMap(folder => {
    if (!isAsked(folder.path)) return []
    if (folder.isExcluded) return [`${folder.path} is never synchronized: what is in it on the server is not here.`]
    if (folder.state === 'paused') return [`${folder.path} is held: ${folder.error?.message ?? 'it waits for you'}`]
    return folder.error ? [`${folder.path} could not be synchronized: ${folder.error.message}`] : []
  })
}
