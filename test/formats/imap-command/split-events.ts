import type { CommandEvent } from '../../../src/formats/imap/command/command-event.ts'
import type { CommandPiece } from '../../../src/formats/imap/command/command-piece.ts'
import type { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'

/** Writes pieces as one line: text in «», held literals in {}, the length of a streamed one in <>. */
export function piecesText(pieces: readonly CommandPiece[]): string {
  return pieces
    .map(piece => {
      if (piece.kind === 'text') return `«${piece.octets.toString('latin1')}»`
      const binary = piece.isBinary ? '~' : ''
      return piece.kind === 'streamed' ? `${binary}<${piece.length}>` : `${binary}{${piece.octets.toString('latin1')}}`
    })
    .join('')
}

/** Writes an event as a line of a transcript. */
export function eventText(event: CommandEvent): string {
  switch (event.kind) {
    case 'command':
    case 'append-end':
      return `${event.kind} ${piecesText(event.pieces)}`
    case 'append-literal':
      return `${event.kind} ${piecesText(event.pieces)}${event.isSynchronizing ? ' waits' : ''}`
    case 'append-octets':
      return `append-octets ${event.octets.toString('latin1')}`
    case 'refused':
      return `refused ${event.tag} ${event.reason}`
    case 'broken':
      return `broken ${event.tag}`
    default:
      return event.kind
  }
}

/** Decides on an announced message. */
export type Decide = (event: CommandEvent & { readonly kind: 'append-literal' }) => 'accept' | 'refuse'

/** Pushes chunks, takes all events after each, and joins the octets of one message. */
export function splitAll(
  splitter: CommandSplitter,
  chunks: Iterable<Buffer>,
  decide: Decide = () => 'accept',
): string[] {
  const lines: string[] = []
  for (const chunk of chunks) {
    splitter.push(chunk)
    for (let event = splitter.next(); event; event = splitter.next()) {
      if (event.kind === 'append-literal') splitter[decide(event)]()
      const last = lines.at(-1)
      if (event.kind === 'append-octets' && last?.startsWith('append-octets')) {
        lines[lines.length - 1] = last + event.octets.toString('latin1')
      } else lines.push(eventText(event))
    }
  }
  return lines
}

/** Cuts octets into chunks of one size. */
export function* cut(octets: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}
