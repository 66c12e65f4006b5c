import type { SearchKey } from '../../../formats/imap/command/arguments/search-key.ts'
import { foldText } from '../../../formats/mail/text/folded-text.ts'
import type { TextPart } from '../documents.ts'
import { isInAddress, isInField, isInRawField, isInSubject, isMachineField } from '../message-texts.ts'
import { dayTest, type PlaceTest } from './column-keys.ts'
import type { ItemTexts } from './item-texts.ts'
import type { Places } from './mailbox-items.ts'
import type { SearchBudget } from './search-budget.ts'

const TOGETHER = 64 // texts that are read at once: a header may have a quarter of a megabyte
const FEW = 32 // so many texts are read before the full-text index has answered

/** A key that asks for what messages say. */
export type TextKey = Extract<SearchKey, { kind: 'address' | 'body' | 'date' | 'header' | 'subject' | 'text' }>

interface TextQuestion {
  /** Folded; what does not have it in one of the parts cannot match. */
  readonly wanted: string
  /** None: the full-text index does not know. */
  readonly parts: readonly TextPart[]
  readonly test: PlaceTest
}

/** Finds the places, of some, whose messages match. */
export function matchText(texts: ItemTexts, key: TextKey, among: Places, budget: SearchBudget): Places {
  if (key.kind === 'date') return matchSentDay(texts, key, among)
  const question = questionOf(texts, key)
  const may = maybeMatching(texts, question, among)
  const found: number[] = []
  for (let at = 0; at < may.length; at += TOGETHER) {
    const places = may.subarray(at, at + TOGETHER)
    budget.spend()
    if (question.parts[0] === 'header') texts.readTogether(places, 'header')
    for (const place of places) if (question.test(place)) found.push(place)
  }
  return Uint32Array.from(found)
}

function questionOf(texts: ItemTexts, key: Exclude<TextKey, { kind: 'date' }>): TextQuestion {
  const wanted = foldText(key.text)
  const header = (place: number) => texts.text(place, 'header')
  const body = (place: number) => texts.text(place, 'body')
  switch (key.kind) {
    case 'subject':
      return { wanted, parts: ['header'], test: place => isInSubject(header(place), wanted) }
    case 'address':
      return { wanted, parts: ['header'], test: place => isInAddress(header(place), key.field, wanted) }
    case 'body':
      return { wanted, parts: ['body'], test: place => body(place).includes(wanted) }
    case 'text':
      return {
        ...{ wanted, parts: ['header', 'body'] },
        test: place => header(place).includes(wanted) || body(place).includes(wanted),
      }
    case 'header':
      return headerQuestion(texts, key.field.toLowerCase(), wanted)
  }
}

function headerQuestion(texts: ItemTexts, field: string, wanted: string): TextQuestion {
  if (!isMachineField(field)) {
    return { wanted, parts: ['header'], test: place => isInField(texts.text(place, 'header'), field, wanted) }
  }
  return { wanted, parts: [], test: place => isInRawField(texts.rawHeader(place), field, wanted) }
}

/** Leaves out what the full-text index says cannot match. */
function maybeMatching(texts: ItemTexts, { wanted, parts }: TextQuestion, among: Places): Places {
  if (among.length <= FEW || parts.length === 0) return among
  const candidates = texts.candidates(wanted, parts)
  if (!candidates) return among
  const documents = texts.documentsOf(among)
  return among.filter((_, index) => {
    const document = documents[index] ?? 0
    return document === 0 || candidates.has(document)
  })
}

// RFC 9051 section 6.4.4: the day that the field says, whatever its time and zone.
function matchSentDay(texts: ItemTexts, key: Extract<TextKey, { kind: 'date' }>, among: Places): Places {
  const [facts, test] = [texts.facts(among), dayTest(key)]
  return among.filter((_, index) => {
    const day = facts[index]?.sentDayMs ?? null
    return day !== null && test(day)
  })
}
