import { hash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unpackFlags } from '../../../src/store/flags.ts'
import type { Store } from '../../../src/store/store.ts'
import { DATABASE_FILE } from '../../../src/store/store-presence.ts'
import { type SeenAccount, type SeenMessage, tagOf } from './second-client.ts'
import { FOLDERS } from './stories.ts'
import type { Story } from './story.ts'

// What must be empty when everything is told to both sides.
const QUEUES: Readonly<Record<string, string>> = {
  'messages to download': 'dlq',
  'messages to import': 'stage',
  'things to do on the server': 'op',
  'messages to expunge': 'expunge WHERE is_marked = 0',
  'ignored messages': 'ignored',
  'items of no folder of the server': 'item WHERE uid <= 0 OR remote_folder IS NOT folder',
  'hidden items': 'item WHERE is_gone OR unlinked IS NOT NULL',
  'untold flags': 'item WHERE server_bits <> local_bits OR server_keywords <> local_keywords',
}

/** Names what is still to be done in a store. */
export function leftovers(storeDir: string): readonly string[] {
  return query(storeDir, all =>
    Object.entries(QUEUES).flatMap(([name, from]) => {
      const count = Number(all(`SELECT count(*) AS n FROM ${from}`)[0]?.n)
      return count > 0 ? [`${count} ${name}`] : []
    }),
  )
}

/** Looks into a store's database past the store itself. */
function query<Result>(storeDir: string, ask: (all: (sql: string) => Record<string, unknown>[]) => Result): Result {
  const database = new DatabaseSync(join(storeDir, DATABASE_FILE), { readOnly: true })
  try {
    return ask(sql => database.prepare(sql).all())
  } finally {
    database.close()
  }
}

/** Names everything that is not as it must be, once both sides are at rest. */
export function problemsOf(
  server: SeenAccount,
  store: Store,
  storeDir: string,
  stories: readonly Story[],
): readonly string[] {
  return [
    ...folderProblems(server, store),
    ...storyProblems(server, stories),
    ...differences(server, store),
    ...tombProblems(store, storeDir),
    ...conflictProblems(storeDir, stories),
    ...leftovers(storeDir),
  ]
}

// Where single messages cannot be removed, what is deleted stays, marked so.
function isDeleted({ flags }: SeenMessage): boolean {
  return flags.includes('\\Deleted')
}

function folderProblems(server: SeenAccount, store: Store): string[] {
  const wanted = [...FOLDERS.end].sort().join(', ')
  const [there, here] = [[...server.keys()], store.read.folders().map(({ path }) => path)].map(paths =>
    paths.sort().join(', '),
  )
  return [
    ...(there === wanted ? [] : [`the server has the folders ${there}`]),
    ...(here === wanted ? [] : [`the store has the folders ${here}`]),
  ]
}

function storyProblems(server: SeenAccount, stories: readonly Story[]): string[] {
  const found = [...server].flatMap(([path, messages]) => messages.map(message => ({ path, ...message })))
  const byTag = Map.groupBy(
    found.filter(message => !isDeleted(message)),
    ({ tag }) => tag,
  )
  const problems = stories.flatMap(story => {
    const messages = byTag.get(story.tag) ?? []
    const places = messages.map(({ path }) => path).sort()
    const isRight = story.end.some(end => [...end].sort().join() === places.join())
    const wanted = [story.endFlags ?? story.flags ?? [], ...(story.orFlags ? [story.orFlags] : [])]
    const wantedFlags = wanted.map(flags => [...flags].sort().join(' '))
    const wrong = messages.find(({ flags }) => !wantedFlags.includes(flags.join(' ')))
    return [
      ...(isRight ? [] : [`[${story.tag}] is in ${describe(places)}, not in ${story.end.map(describe).join(' or ')}`]),
      ...(wrong
        ? [
            `[${story.tag}] in ${wrong.path} has the flags (${wrong.flags.join(' ')}), not (${wantedFlags.join(') or (')})`,
          ]
        : []),
    ]
  })
  const known = new Set(stories.map(({ tag }) => tag))
  return [...problems, ...[...byTag.keys()].filter(tag => !known.has(tag)).map(tag => `nobody made [${tag}]`)]
}

function describe(places: Story['end'][number]): string {
  return places.length === 0 ? 'no folder' : [...places].sort().join(' and ')
}

/** Compares folder, UID, flags and octets of all messages, but those of folders that are never synchronized. */
function differences(server: SeenAccount, store: Store): string[] {
  return store.read.folders().flatMap(({ id, path, isExcluded }) => {
    const here = [...store.read.items(id)].map(({ uid, flags, location, sha256 }) => {
      const octets = Buffer.concat([...store.read.body(location)])
      const isIntact = hash('sha256', octets) === sha256.toString('hex')
      return line({
        uid,
        tag: tagOf(octets),
        flags: unpackFlags(flags).sort(),
        sha256: isIntact ? hash('sha256', octets) : '?',
      })
    })
    const seen = isExcluded ? [] : (server.get(path) ?? [])
    const there = seen.map(line)
    const shown = seen.filter(message => !isDeleted(message)).map(line)
    return [
      ...here.filter(each => !there.includes(each)).map(each => `only here in ${path}: ${each}`),
      ...shown.filter(each => !here.includes(each)).map(each => `only on the server in ${path}: ${each}`),
    ]
  })
}

function line({ uid, tag, flags, sha256 }: SeenMessage): string {
  return `${uid} [${tag}] (${flags.join(' ')}) ${sha256.slice(0, 8)}`
}

/** What was deleted must be restorable: its octets are still there. */
function tombProblems(store: Store, storeDir: string): string[] {
  const tombs = query(storeDir, all => all('SELECT item, pack, offset, length, sha256 FROM tomb'))
  return tombs.flatMap(({ item, pack, offset, length, sha256 }) => {
    const location = { pack: Number(pack), offset: Number(offset), length: Number(length) }
    const octets = Buffer.concat([...store.read.body(location)])
    const wanted = Buffer.from(sha256 as Uint8Array).toString('hex') // a BLOB column
    return hash('sha256', octets) === wanted ? [] : [`the deleted item ${item} cannot be restored`]
  })
}

/** The user's version that lost against the server's is not thrown away. */
function conflictProblems(storeDir: string, stories: readonly Story[]): string[] {
  const subjects = query(storeDir, all => all('SELECT subject FROM conflict')).map(({ subject }) => subject)
  const missing = stories.filter(({ tag, isKept }) => isKept && !subjects.includes(`[${tag}]`))
  return missing.map(({ tag }) => `the user's version of [${tag}] was not kept`)
}
