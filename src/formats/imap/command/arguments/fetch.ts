import type { CommandReader } from '../command-reader.ts'
import { type BodyRange, type BodySection, readBodyRange, readPart, readSection } from './body-section.ts'
import { readSequenceSet, type SequenceSet } from './sequence-set.ts'

const PLAIN_ITEMS = [
  'ENVELOPE',
  'FLAGS',
  'INTERNALDATE',
  'RFC822.SIZE',
  'BODYSTRUCTURE',
  'BODY',
  'UID',
  'MODSEQ',
  'EMAILID',
  'THREADID',
  'SAVEDATE',
] as const

/** A data item without arguments. `BODY` is the structure without its extensions. */
export type PlainFetchItem = (typeof PLAIN_ITEMS)[number]

/** A data item of FETCH (RFC 9051 section 6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC 8514, RFC 8970). */
export type FetchItem =
  | { readonly kind: 'plain'; readonly name: PlainFetchItem }
  | { readonly kind: 'preview'; readonly isLazy: boolean }
  /** `name` is what the answer calls it, an RFC822 of IMAP4rev1 included; undefined for `BODY[…]`. */
  | {
      readonly kind: 'body'
      readonly section: BodySection
      readonly range: BodyRange | undefined
      readonly isPeek: boolean
      readonly name: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT' | undefined
    }
  | {
      readonly kind: 'binary'
      readonly path: readonly number[]
      readonly range: BodyRange | undefined
      readonly isPeek: boolean
    }
  | { readonly kind: 'binary-size'; readonly path: readonly number[] }

/** FETCH and UID FETCH. */
export interface FetchCommand {
  readonly kind: 'fetch'
  readonly isUid: boolean
  readonly messages: SequenceSet
  readonly items: readonly FetchItem[]
  /** RFC 7162 section 3.1.4.1. */
  readonly changedSince: bigint | undefined
  /** RFC 7162 section 3.2.6; only with `isUid` and `changedSince`. */
  readonly isVanished: boolean
}

const FAST: readonly PlainFetchItem[] = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']
const MACROS: ReadonlyMap<string, readonly PlainFetchItem[]> = new Map([
  ['FAST', FAST],
  ['ALL', [...FAST, 'ENVELOPE']],
  ['FULL', [...FAST, 'ENVELOPE', 'BODY']],
])
const MACRO = /(?:ALL|FAST|FULL)(?= |$)/iy
const WHOLE: BodySection = { path: [] }

/** Reads what follows FETCH. */
export function readFetch(reader: CommandReader, isUid: boolean): FetchCommand {
  const messages = readSequenceSet(reader)
  reader.space()
  const items = readFetchItems(reader)
  const { changedSince, isVanished } = readModifiers(reader)
  if (isVanished && (!isUid || changedSince === undefined)) {
    reader.fail('VANISHED needs UID FETCH and CHANGEDSINCE')
  }
  return { kind: 'fetch', isUid, messages, items, changedSince, isVanished }
}

function readFetchItems(reader: CommandReader): readonly FetchItem[] {
  const macro = MACROS.get(reader.match(MACRO)?.toUpperCase() ?? '')
  if (macro) return macro.map(name => ({ kind: 'plain', name }))
  return reader.next === '(' ? reader.list(() => readFetchItem(reader)) : [readFetchItem(reader)]
}

/** Reads one data item. */
export function readFetchItem(reader: CommandReader): FetchItem {
  const word = reader.word()
  switch (word) {
    case 'BODY':
    case 'BODY.PEEK':
      if (reader.next === '[') return readBody(reader, word === 'BODY.PEEK')
      break
    case 'BINARY':
    case 'BINARY.PEEK':
      return { kind: 'binary', path: readPart(reader), range: readBodyRange(reader), isPeek: word === 'BINARY.PEEK' }
    case 'BINARY.SIZE':
      return { kind: 'binary-size', path: readPart(reader) }
    case 'RFC822':
      return rfc822(word, WHOLE)
    case 'RFC822.HEADER':
      return rfc822(word, { ...WHOLE, text: { kind: 'HEADER' } })
    case 'RFC822.TEXT':
      return rfc822(word, { ...WHOLE, text: { kind: 'TEXT' } })
    case 'PREVIEW':
      return { kind: 'preview', isLazy: reader.skip(' (LAZY)') }
  }
  const name = PLAIN_ITEMS.find(item => item === word)
  return name ? { kind: 'plain', name } : reader.fail('unknown data item of FETCH')
}

function readBody(reader: CommandReader, isPeek: boolean): FetchItem {
  const section = readSection(reader)
  return { kind: 'body', section, range: readBodyRange(reader), isPeek, name: undefined }
}

function rfc822(name: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT', section: BodySection): FetchItem {
  return { kind: 'body', section, range: undefined, isPeek: name === 'RFC822.HEADER', name }
}

function readModifiers(reader: CommandReader): Pick<FetchCommand, 'changedSince' | 'isVanished'> {
  let changedSince: bigint | undefined
  let isVanished = false
  if (!reader.skip(' ')) return { changedSince, isVanished }
  reader.list(() => {
    if (reader.oneOf(['CHANGEDSINCE', 'VANISHED'], 'modifier of FETCH') === 'VANISHED') {
      isVanished = true
      return
    }
    reader.space()
    changedSince = reader.modseq()
  })
  return { changedSince, isVanished }
}
