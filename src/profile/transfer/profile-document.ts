import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar, stringify } from 'yaml'
import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../errors.ts'
import { type ImportedProfile, importedProfiles } from './imported-profile.ts'

const VERSION = 1
// Each text on one line: spread over several, some with an empty one in them come back with a backslash (yaml 2.9.1).
const STRINGIFY = {
  aliasDuplicateObjects: false,
  lineWidth: 0,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const
const MAX_TOLD = 10 // mistakes that are told at once

const schema = z.strictObject({
  version: z.literal(VERSION, { error: `must be ${VERSION}, the version of this format that this Postern reads` }),
  profiles: importedProfiles,
})

/** Profiles as `profile export` writes them: settings without any secret. */
export interface ProfileDocument {
  readonly version: typeof VERSION
  readonly profiles: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Makes the document of profiles: their settings by their names. */
export function makeProfileDocument(profiles: ProfileDocument['profiles']): ProfileDocument {
  return { version: VERSION, profiles }
}

/** Writes a document as YAML. */
export function profileDocumentYaml(document: ProfileDocument): string {
  return `# Profiles of Postern, without passwords. Read by: postern profile import FILE\n${stringify(document, STRINGIFY)}`
}

/**
 * Reads what `profile export` wrote, as YAML or JSON. Everything in it must be known and valid.
 *
 * @throws {PosternError} PROFILE_IMPORT_INVALID with the lines
 */
export function parseProfileDocument(text: string, source: string): readonly ImportedProfile[] {
  const lines = new LineCounter()
  // Its own look for keys that stand twice takes the square of their number; its warnings would go to stderr.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error', uniqueKeys: false })
  const [error] = document.errors
  if (error) throw invalid(source, [error.message.split('\n')[0]?.replace(/:$/, '') ?? ''])
  const twice = findTwice(document.contents)
  if (twice) throw invalid(source, [`${twice.value} stands twice (line ${lines.linePos(startOf(twice)).line})`])
  const plain = plainOf(document, source)
  if (document.hasIn(['profiles', '__proto__'])) throw invalid(source, ['profiles.__proto__: is no name']) // zod skips it
  const checked = schema.safeParse(plain)
  if (!checked.success) {
    const told = checked.error.issues.slice(0, MAX_TOLD)
    throw invalid(
      source,
      told.flatMap(issue => mistakes(issue, path => lineOf(document, lines, path))),
    )
  }
  // As they were given, not with every default filled in: a default may be another one in a later version.
  const { profiles } = plain as { profiles: Record<string, ImportedProfile['settings']> } // just checked
  return Object.entries(profiles).map(([name, settings]) => ({ name, settings }))
}

/** Finds a key that its map has already. */
function findTwice(node: unknown): Scalar | undefined {
  if (!isMap(node)) return undefined
  const seen = new Set<string>()
  for (const { key, value } of node.items) {
    if (isScalar(key) && seen.has(String(key.value))) return key
    if (isScalar(key)) seen.add(String(key.value))
    const inside = findTwice(value)
    if (inside) return inside
  }
  return undefined
}

function plainOf(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (cause) {
    throw invalid(source, [cause instanceof Error ? cause.message : String(cause)])
  }
}

type Path = readonly PropertyKey[]

function mistakes(issue: z.core.$ZodIssue, lineAt: (path: Path) => number): readonly string[] {
  const { path } = issue
  if (issue.code !== 'unrecognized_keys') return [`${nameOf(path)}: ${messageOf(issue)} (line ${lineAt(path)})`]
  return issue.keys.slice(0, MAX_TOLD).map(key => {
    const what = /passw|secret|token/i.test(key)
      ? 'has no place here: give it with --password-stdin, or later with postern profile password'
      : 'is not known'
    return `${nameOf([...path, key])}: ${what} (line ${lineAt([...path, key])})`
  })
}

// A name that may not be: what is wrong with it is said inside.
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
}

function nameOf(path: Path): string {
  return path.map(String).join('.') || 'the document'
}

/** The line of the innermost part of a path that the document has; from 1. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents
  let offset = startOf(document.contents)
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find(({ key: name }) => isScalar(name) && String(name.value) === key)
      : undefined
    if (pair) offset = startOf(pair.key as Node) // a scalar, as was just seen
    node = pair ? pair.value : undefined
  }
  return lines.linePos(offset).line
}

function startOf(node: Pick<Node, 'range'> | null): number {
  return node?.range?.[0] ?? 0
}

function invalid(source: string, mistakes: readonly string[]): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_IMPORT_INVALID',
    `${source} is not valid: ${mistakes.join('\n  ')}`,
    {
      remedy: 'user',
      advice: 'Nothing was imported. See `postern profile export` for what such a file looks like.',
    },
  )
}
