import { importInvalid } from '../import-invalid.ts'

/** A section of an mbsync configuration; the settings before the first one are a section of their own. */
export interface MbsyncSection {
  /** `imapaccount`, `imapstore`, `channel`, …; empty for what holds everywhere. */
  readonly kind: string
  readonly name: string
  /** The arguments of each setting by its name in small letters; of several the last ones. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

const KINDS = new Set(['imapaccount', 'imapstore', 'maildirstore', 'channel', 'group'])
const MAX_SECTIONS = 1000 // a hundred accounts with some channels each
const SECRETS = new Set(['pass', 'passcmd']) // neither read nor run

/**
 * Reads an mbsync configuration: a setting a line, sections that end at an empty line (mbsync(1), isync 1.4).
 *
 * @throws {PosternError} PROFILE_IMPORT_INVALID with the line, or for more sections than anybody has
 */
export function parseMbsync(text: string): readonly MbsyncSection[] {
  const everywhere = openSection('', '')
  const sections = [everywhere]
  let current = everywhere
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [word, ...values] = argumentsOf(line, index + 1)
    const key = word?.toLowerCase()
    if (key === undefined) {
      if (line.trim() === '') current = everywhere
    } else if (KINDS.has(key)) {
      current = openSection(key, values[0] ?? '')
      sections.push(current)
      if (sections.length > MAX_SECTIONS) throw tooMany()
    } else if (!SECRETS.has(key)) current.values.set(key, values)
  }
  return sections
}

function openSection(kind: string, name: string) {
  return { kind, name, values: new Map<string, readonly string[]>() }
}

// Quotes may begin anywhere in an argument, and a backslash takes the next character as it is.
function argumentsOf(line: string, number: number): readonly string[] {
  const found: string[] = []
  const pattern = /\s*(?:(#.*)|((?:"(?:[^"\\]|\\.)*"|\\.|[^\s"\\])+)|(\S.*)|$)/y
  while (pattern.lastIndex < line.length) {
    const [, comment, argument, broken] = pattern.exec(line) ?? []
    if (broken !== undefined) throw unclosed(number)
    if (comment !== undefined || argument === undefined) break
    found.push(argument.replace(/\\(.)|"/g, '$1'))
  }
  return found
}

function tooMany() {
  return importInvalid(
    `The mbsync configuration has more than ${MAX_SECTIONS} sections.`,
    'Nothing was imported. Copy the accounts that you want into a file of their own.',
  )
}

function unclosed(number: number) {
  return importInvalid(
    `The mbsync configuration is not valid: a quotation mark or a backslash without its end (line ${number}).`,
    'Nothing was imported. Try the file with mbsync itself: mbsync -c FILE -l -a',
  )
}
