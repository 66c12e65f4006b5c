import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { LISTED_FIELDS } from '../../formats/mail/structure/listed-fields.ts'
import type { DetailKind } from '../../store/search/item-details.ts'
import type { MessageFact, OctetPart, WantedDetails } from '../backend.ts'

const DETAILS: ReadonlyMap<PlainFetchItem, DetailKind> = new Map([
  ['ENVELOPE', 'envelope'],
  ['BODY', 'structure'],
  ['BODYSTRUCTURE', 'bodyStructure'],
])
const FACTS: ReadonlyMap<PlainFetchItem, MessageFact> = new Map([
  ['FLAGS', 'flags'],
  ['INTERNALDATE', 'internalDateMs'],
  ['SAVEDATE', 'savedDateMs'],
  ['RFC822.SIZE', 'size'],
  ['MODSEQ', 'modseq'],
  ['EMAILID', 'emailId'],
])
/** Where there is no structure, they tell where a message ends. */
export const END_FACTS = ['size', 'isWhole'] as const

/** What must be read of messages to answer items. */
export interface FetchNeeds {
  /** What is read of rows; none are read when it is empty. Else {@link END_FACTS} are among it where they may be needed. */
  readonly facts: readonly MessageFact[]
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

/** What is asked for, and how. */
interface FetchQuestion {
  readonly items: readonly FetchItem[]
  /** Nothing becomes \\Seen. */
  readonly isReadOnly: boolean
  /** Flags are told with their mod-sequence. */
  readonly isCondstore: boolean
}

/** Finds what must be read. */
export function fetchNeeds({ items, isReadOnly, isCondstore }: FetchQuestion): FetchNeeds {
  const preview = previewOf(items)
  const kinds = new Set(items.flatMap(item => detailOf(item) ?? []))
  const hasDetails = preview === 'now' || kinds.size > 0
  const details = hasDetails && preview !== 'none' ? [...kinds, 'preview' as const] : [...kinds]
  const setsSeen = !isReadOnly && items.some(item => 'isPeek' in item && !item.isPeek)
  const facts = new Set<MessageFact>(items.flatMap(factsOf))
  if (setsSeen) facts.add('flags')
  if (facts.has('flags') && isCondstore) facts.add('modseq')
  if (preview === 'lazy') facts.add('isWhole')
  if (facts.size > 0 && items.some(isOfOctets)) for (const fact of END_FACTS) facts.add(fact)
  const isOnlyEnvelope = preview === 'none' && [...kinds].every(kind => kind === 'envelope') && !items.some(needsBody)
  const depth = isOnlyEnvelope ? 'header' : 'whole'
  return { facts: [...facts], details, depth, preview, octets: octetsOf(items), setsSeen }
}

function octetsOf(items: readonly FetchItem[]): OctetPart | undefined {
  const sections = items.filter(isOfOctets)
  if (sections.length === 0) return undefined
  if (sections.some(item => needsBody(item) || detailOf(item))) return 'whole'
  return sections.every(isOfListed) ? 'listed' : 'header'
}

function isOfListed(item: FetchItem): boolean {
  const text = item.kind === 'body' ? item.section.text : undefined
  return text?.kind === 'HEADER.FIELDS' && text.names.every(name => LISTED_FIELDS.has(name.toLowerCase()))
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

function factsOf(item: FetchItem): readonly MessageFact[] {
  const fact = item.kind === 'plain' ? FACTS.get(item.name) : undefined
  return fact ? [fact] : []
}
