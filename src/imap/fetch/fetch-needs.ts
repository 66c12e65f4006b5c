import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import type { WantedDetails } from '../backend.ts'

const STRUCTURE_ITEMS: ReadonlySet<PlainFetchItem> = new Set(['ENVELOPE', 'BODY', 'BODYSTRUCTURE'])
const FREE_ITEMS: ReadonlySet<PlainFetchItem> = new Set(['UID', 'THREADID'])

/** What must be read of messages to answer items. */
export interface FetchNeeds {
  /** Whether rows are read. */
  readonly hasRows: boolean
  /** Whether the structure of every message is read, wherever the message is. */
  readonly hasDetails: boolean
  /** How much of it. */
  readonly depth: WantedDetails['depth']
  /** A `lazy` preview is told of messages that are here. */
  readonly preview: 'none' | 'lazy' | 'now'
  /** Whether octets are read. */
  readonly hasOctets: boolean
  /** Whether messages become \\Seen. */
  readonly setsSeen: boolean
}

/** Finds what must be read; in a mailbox that is open for reading only nothing becomes \\Seen. */
export function fetchNeeds(items: readonly FetchItem[], isReadOnly: boolean): FetchNeeds {
  const preview = previewOf(items)
  const hasDetails = preview === 'now' || items.some(needsStructure)
  const setsSeen = !isReadOnly && items.some(item => 'isPeek' in item && !item.isPeek)
  const hasRows = setsSeen || preview === 'lazy' || items.some(item => needsRow(item, hasDetails))
  const isOnlyEnvelope = preview === 'none' && items.filter(needsStructure).every(isEnvelope) && !items.some(needsBody)
  const depth = isOnlyEnvelope ? 'header' : 'whole'
  return { hasRows, hasDetails, depth, preview, hasOctets: items.some(isOfOctets), setsSeen }
}

// A list of messages is made of envelopes: for it nothing is fetched from the server.
function isEnvelope(item: FetchItem): boolean {
  return item.kind === 'plain' && item.name === 'ENVELOPE'
}

// All but the header of the message itself.
function needsBody(item: FetchItem): boolean {
  if (!isOfOctets(item)) return false
  const text = item.kind === 'body' ? item.section.text : undefined
  return text === undefined || text.kind === 'TEXT'
}

function previewOf(items: readonly FetchItem[]): FetchNeeds['preview'] {
  const previews = items.filter(item => item.kind === 'preview')
  if (previews.length === 0) return 'none'
  return previews.every(item => item.isLazy) ? 'lazy' : 'now'
}

function isOfOctets(item: FetchItem): boolean {
  return item.kind === 'body' || item.kind === 'binary' || item.kind === 'binary-size'
}

// The header, the text and all of a message are found without its structure.
function needsStructure(item: FetchItem): boolean {
  if (item.kind === 'plain') return STRUCTURE_ITEMS.has(item.name)
  if (item.kind === 'preview') return false
  return (item.kind === 'body' ? item.section.path : item.path).length > 0
}

// Where there is no structure, the row tells where a message ends.
function needsRow(item: FetchItem, hasDetails: boolean): boolean {
  if (item.kind === 'plain') return !STRUCTURE_ITEMS.has(item.name) && !FREE_ITEMS.has(item.name)
  return isOfOctets(item) && !hasDetails
}
