const GRAM = 3
const MAX_GRAMS = 24 // more of them hardly leave out more
const LONG_UNITS = 16_384 // most trigrams of a longer text come again and again
const SURROGATE = /[\ud800-\udfff]/

/**
 * Writes the full-text query for rows that have all trigrams of a folded text; undefined when it is too short to have one. A
 * text has no line ends.
 */
export function trigramQuery(text: string): string | undefined {
  const characters = Array.from(text)
  const starts = characters.length - GRAM + 1
  if (starts < 1) return undefined
  const count = Math.min(starts, MAX_GRAMS)
  const grams = new Set<string>()
  for (let index = 0; index < count; index++) {
    const at = count === 1 ? 0 : Math.round((index * (starts - 1)) / (count - 1))
    grams.add(characters.slice(at, at + GRAM).join(''))
  }
  return [...grams].map(gram => `"${gram.replaceAll('"', '""')}"`).join(' AND ')
}

/** Leaves out of a folded text what adds no trigram: a long one is indexed in a fraction of the time. */
export function trigramText(text: string): string {
  if (text.length < LONG_UNITS || SURROGATE.test(text)) return text // trigrams are of characters, not of UTF-16 units
  const seen = new SeenGrams()
  const runs: string[] = []
  let start = -1
  for (let at = 0; at + GRAM <= text.length; at++) {
    const isNew = seen.add(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2))
    if (isNew && start === -1) start = at
    if (isNew || start === -1) continue
    runs.push(text.slice(start, at + GRAM - 1))
    start = -1
  }
  if (start !== -1) runs.push(text.slice(start))
  return runs.join('\n')
}

/** Trigrams of UTF-16 units; those of ASCII, nearly all, are bits of a table. */
class SeenGrams {
  readonly #ascii = new Uint8Array(128 ** GRAM)
  readonly #others = new Set<number>()

  /** Tells whether it is new. */
  add(a: number, b: number, c: number): boolean {
    if ((a | b | c) < 128) {
      const index = (a << 14) | (b << 7) | c
      if (this.#ascii[index] === 1) return false
      this.#ascii[index] = 1
      return true
    }
    const size = this.#others.size
    this.#others.add((a * 65_536 + b) * 65_536 + c)
    return this.#others.size > size
  }
}
