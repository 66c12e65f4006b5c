import { isAbsolute, join, normalize, sep } from 'node:path'
import { importInvalid } from '../import-invalid.ts'

type Section = ReadonlyMap<string, string>

/**
 * Finds the folder of the profile that Thunderbird starts with, in the text of a profiles.ini that lies in `dir`.
 *
 * @throws {PosternError} PROFILE_IMPORT_INVALID when there is none, or no one of several
 */
export function findProfileFolder(text: string, dir: string): string {
  const sections = parseSections(text)
  const profiles = named(sections, /^Profile\d+$/)
  // Since version 68 each installation has a profile of its own; an older one has the mark.
  const installed = named(sections, /^Install/).flatMap(install => install.get('Default') ?? [])
  const marked = profiles
    .filter(profile => profile.get('Default') === '1')
    .flatMap(profile => profile.get('Path') ?? [])
  const all = profiles.flatMap(profile => profile.get('Path') ?? [])
  const chosen = [installed, marked, all].map(paths => [...new Set(paths)]).find(paths => paths.length > 0) ?? []
  const [path, second] = chosen
  if (path === undefined) throw importInvalid('profiles.ini names no profile.', FOLDER_ADVICE)
  if (second !== undefined)
    throw importInvalid(`profiles.ini names several profiles: ${chosen.join(', ')}.`, FOLDER_ADVICE)
  return folderOf(path, dir)
}

const FOLDER_ADVICE = 'Give the folder of one profile: the one with prefs.js in it.'

function folderOf(path: string, dir: string): string {
  if (isAbsolute(path)) return path
  const inside = normalize(path)
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    throw importInvalid(`profiles.ini names a folder outside of its own: ${path}.`, FOLDER_ADVICE)
  }
  return join(dir, inside)
}

function named(sections: ReadonlyMap<string, Section>, name: RegExp): readonly Section[] {
  return [...sections].filter(([section]) => name.test(section)).map(([, values]) => values)
}

function parseSections(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\[([^\]]+)\]\s*$/.exec(line) ?? []
    const equals = line.indexOf('=')
    if (name !== undefined) {
      current = new Map()
      sections.set(name, current)
    } else if (equals > 0) current?.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
  }
  return sections
}
