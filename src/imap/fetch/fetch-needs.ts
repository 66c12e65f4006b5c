import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import type { DetailKind } from '../../store/search/item-details.ts'
import type { OctetPart, WantedDetails } from '../backend.ts'

const DETAILS: ReadonlyMap<PlainFetchItem, DetailKind> = new Map([
  ['ENVELOPE', 'envelope'],
  ['BODY', 'structure'],
  ['BODYSTRUCTURE', 'bodyStructure'],
])
const FREE_ITEMS: ReadonlySet<PlainFetchItem> = new Set(['UID', 'THREADID'])

/** What must be read of messages to answer items. */
export interface FetchNeeds {
  /** Whether rows are read. */
  readonly hasRows: boolean
  /** What is read of how every message is made, wherever the message is. */
  readonly details: readonly DetailKind[]
  /** How much of it. */
  readonly depth: WantedDetails['depth']
  /** A `lazy` preview is told of messages that are here. */
  readonly preview: 'none' | 'lazy' | 'now'
  /** The octets that are read; undefined for none. */
  readonly octets: OctetPart | undefined
  /** Whether messages become \\Seen. */
  readonly setsSeen: boolean
}

/** Finds what must be read; in a mailbox that is open for reading only nothing becomes \\Seen. */
export function fetchNeeds(items: readonly FetchItem[], isReadOnly: boolean): FetchNeeds {
  const preview = previewOf(items)
  const kinds = new Set(items.flatMap(item => detailOf(item) ?? []))
  const hasDetails = preview === 'now' || kinds.size > 0
  const details = hasDetails && preview !== 'none' ? [...kinds, 'preview' as const] : [...kinds]
  const setsSeen = !isReadOnly && items.some(item => 'isPeek' in item && !item.isPeek)
  const hasRows = setsSeen || preview === 'lazy' || items.some(item => needsRow(item, kinds.has('structure')))
  const isOnlyEnvelope = preview === 'none' && [...kinds].every(kind => kind === 'envelope') && !items.some(needsBody)
  const depth = isOnlyEnvelope ? 'header' : 'whole'
  return { hasRows, details, depth, preview, octets: octetsOf(items), setsSeen }
}

function octetsOf(items: readonly FetchItem[]): OctetPart | undefined {
  const sections = items.filter(isOfOctets)
  if (sections.length === 0) return undefined
  return sections.some(item => needsBody(item) || detailOf(item)) ? 'whole' : 'header'
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
function detailOf(item: FetchItem): DetailKind | undefined {
  if (item.kind === 'plain') return DETAILS.get(item.name)
  if (item.kind === 'preview') return undefined
  return (item.kind === 'body' ? item.section.path : item.path).length > 0 ? 'structure' : undefined
}

// Where there is no structure, the row tells where a message ends.
function needsRow(item: FetchItem, hasStructure: boolean): boolean {
  if (item.kind === 'plain') return !DETAILS.has(item.name) && !FREE_ITEMS.has(item.name)
  return isOfOctets(item) && !hasStructure
}
