import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import type { WantedDetails } from '../backend.ts'

/** What has to be read for a FETCH. */
export interface FetchNeeds {
  /** Undefined when no structure is needed. */
  readonly details: WantedDetails | undefined
  /** Whether messages become \\Seen. */
  readonly marksSeen: boolean
}

/** Finds out what has to be read for these items. */
export function needsOf(items: readonly FetchItem[]): FetchNeeds {
  const depths = items.map(depthOf)
  const hasPreview = items.some(({ kind }) => kind === 'preview')
  const depth = depths.includes('whole') ? 'whole' : depths.includes('header') ? 'header' : undefined
  const marksSeen = items.some(item => (item.kind === 'body' || item.kind === 'binary') && !item.isPeek)
  return { details: depth && { depth, hasPreview }, marksSeen }
}

// A list of messages is made of envelopes and header fields: for it nothing is fetched from the server.
function depthOf(item: FetchItem): WantedDetails['depth'] | undefined {
  switch (item.kind) {
    case 'plain':
      if (item.name === 'ENVELOPE') return 'header'
      return item.name === 'BODY' || item.name === 'BODYSTRUCTURE' ? 'whole' : undefined
    case 'preview':
      return item.isLazy ? undefined : 'whole'
    case 'body': {
      const { path, text } = item.section
      if (path.length > 0) return 'whole'
      if (!text) return undefined
      return text.kind === 'TEXT' ? 'whole' : 'header'
    }
    default:
      return 'whole'
  }
}
