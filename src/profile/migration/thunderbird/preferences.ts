const MAX_LINE_LENGTH = 65_536

/** A value of Thunderbird's preferences. */
export type Preference = string | number | boolean

/** Preferences by their names. */
export type Preferences = ReadonlyMap<string, Preference>

// A text has no way to be read as two: each backslash takes exactly one character with it.
const LINE = /^user_pref\(\s*"((?:[^"\\]|\\.)*)"\s*,\s*(?:(true|false)|([+-]?\d{1,10})|"((?:[^"\\]|\\.)*)")\s*\)\s*;$/
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["'\\nr])|(.))/g
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r' }

/**
 * Reads the preferences about mail from a prefs.js. It looks like JavaScript and is never run: a line that is no plain
 * `user_pref("name", value);` counts for nothing. Of several values the last one counts, as in Thunderbird.
 */
export function parsePreferences(text: string): Preferences {
  const preferences = new Map<string, Preference>()
  for (const line of text.split('\n')) {
    if (line.length > MAX_LINE_LENGTH) continue
    const [, name, truth, number, quoted] = LINE.exec(line.trim()) ?? []
    if (!name?.startsWith('mail.')) continue
    const value = preferenceOf({ truth, number, quoted })
    if (value !== undefined) preferences.set(name, value)
  }
  return preferences
}

interface Written {
  readonly truth: string | undefined
  readonly number: string | undefined
  readonly quoted: string | undefined
}

function preferenceOf({ truth, number, quoted }: Written): Preference | undefined {
  if (truth !== undefined) return truth === 'true'
  if (number !== undefined) return Number(number)
  return quoted === undefined ? undefined : unescaped(quoted)
}

function unescaped(quoted: string): string | undefined {
  let isKnown = true
  const text = quoted.replace(ESCAPE, (_all, hex, unicode, plain: string | undefined) => {
    if (plain !== undefined) return ESCAPED[plain] ?? plain
    if (hex === undefined && unicode === undefined) isKnown = false
    return String.fromCharCode(Number.parseInt(hex ?? unicode ?? '0', 16))
  })
  return isKnown ? text : undefined
}
