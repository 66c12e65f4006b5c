const GRAM = 3
const MAX_GRAMS = 24 // more of them hardly leave out more

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
