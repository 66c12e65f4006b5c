import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../../src/errors.ts'
import { SCHEMA_VERSION } from '../../src/store/database.ts'
import { PACKS_DIR } from '../../src/store/packs/pack-format.ts'
import { DATABASE_FILE } from '../../src/store/store-presence.ts'
import { ModelFolder, ModelServer } from './model/server.ts'
import { type ModelAccount, messageOf } from './model-account.ts'

/** Where the frozen stores of released schemas are: one folder for each. */
export const FIXTURES = resolve(import.meta.dirname, '../fixtures')
/** The frozen store of the schema that this program writes. */
export const FIXTURE = join(FIXTURES, `store-v${SCHEMA_VERSION}`)
const DUMP = 'store.sql'
const SERVER = 'server.json'

/** Lives a life that leaves something in nearly every table, and much of it unfinished. */
export async function liveForFixture(account: ModelAccount): Promise<void> {
  account.deliver('INBOX', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8')
  account.deliver('Archive', 'a1', 'a2')
  account.server.store('INBOX', 3, ['\\Seen', '$Label1'], [])
  await account.sync()
  const id = (subject: string) => account.items('INBOX').find(item => item.subject === subject)?.id ?? 0
  await account.change({ kind: 'delete', items: [id('m5')], isPermanent: true })
  for (let run = 0; run < 3; run++) await account.sync() // deleted on the server, and here a tomb
  account.deliver('INBOX', 'staged', 'queued', 'ignored')
  await account.sync({ digest: broken }).catch(() => undefined)
  spread(account)
  await account.change({ kind: 'move', items: [id('m2')], folder: 'Archive' })
  await account.change({ kind: 'flag', items: [id('m3')], add: ['\\Flagged'], remove: ['$Label1'] })
  await account.change({ kind: 'delete', items: [id('m4')], isPermanent: true })
  await account.change({ kind: 'copy', items: [id('m1')], folder: 'Archive' })
  await account.change({ kind: 'createFolder', path: 'Made here' })
  const file = join(account.root, 'mine.eml')
  writeFileSync(file, messageOf('mine'))
  await account.change({ kind: 'add', folder: 'INBOX', file, flags: ['\\Seen'] })
  account.server.expunge('INBOX', 6)
  account.server.store('INBOX', 8, ['\\Answered'], [])
  account.store.transact(({ damaged }) => damaged.note(id('m1'), 'noted for the fixture'))
  keepObjects(account)
}

// One that waits to be told, one that lost against the server, one that waits to be read.
function keepObjects({ store }: ModelAccount): void {
  const { id } = store.read.getFolder('Archive')
  store.transact(({ objects }) => {
    objects.create(id, 'mine.ics', Buffer.from('mine'))
    objects.create(id, 'both.ics', Buffer.from('ours'))
    objects.fetched(id, { href: 'both.ics', etag: '"1"', octets: Buffer.from('theirs') }, 'server')
    objects.changedOnServer(id, { href: 'new.ics', etag: '"2"' })
  })
}

/** What the server has, as the store shall have it in the end. */
export const FIXTURE_IN_THE_END: Readonly<Record<string, readonly string[]>> = {
  INBOX: ['m1', 'm3', 'm7', 'm8', 'mine', 'queued', 'staged'], // 'ignored' is on the server alone
  Archive: ['a1', 'a2', 'm1', 'm2'],
}

async function broken(): Promise<never> {
  throw new PosternError('UPSTREAM_LOST', 'broken off', { remedy: 'retry', advice: '-' })
}

// Of the three that are staged, one goes back into the queue, and one is given up.
function spread({ store }: ModelAccount): void {
  const { id, uidValidity = 1 } = store.read.getFolder('INBOX')
  const [, queued, ignored] = store.read.incoming.staged(id, 10).sort((left, right) => left.uid - right.uid)
  store.transact(({ incoming }) => {
    if (queued) incoming.failImport(queued, 'for the fixture')
    if (!ignored) return
    incoming.failImport(ignored, 'for the fixture')
    for (let attempt = 0; attempt < 2; attempt++) incoming.failDownload(id, uidValidity, ignored.uid, 'for the fixture')
  })
}

/** Writes a closed store and its server into a folder, as text where possible: the same life gives the same files. */
export function dumpFixture(account: ModelAccount, to: string): void {
  account.close()
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  const database = new DatabaseSync(join(account.dir, DATABASE_FILE), { readOnly: true })
  writeFileSync(join(to, DUMP), dump(database))
  database.close()
  writeFileSync(join(to, SERVER), `${JSON.stringify(describeServer(account.server), null, 1)}\n`)
  const packs = join(account.dir, PACKS_DIR)
  for (const name of readdirSync(packs)) copyFileSync(join(packs, name), join(to, name))
}

/** Makes an account's store and server what a folder of {@link dumpFixture} says. */
export function loadFixture(from: string, account: ModelAccount): void {
  account.close()
  rmSync(account.dir, { recursive: true, force: true })
  mkdirSync(join(account.dir, PACKS_DIR), { recursive: true })
  const database = new DatabaseSync(join(account.dir, DATABASE_FILE))
  database.exec(readFileSync(join(from, DUMP), 'utf8'))
  database.close()
  account.server = remakeServer(JSON.parse(readFileSync(join(from, SERVER), 'utf8')))
  for (const name of readdirSync(from).filter(name => name.endsWith('.pack'))) {
    copyFileSync(join(from, name), join(account.dir, PACKS_DIR, name))
  }
}

function dump(database: DatabaseSync): string {
  const schema = database
    .prepare(`SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid`)
    .all()
  const lines = ['PRAGMA foreign_keys = OFF;', 'BEGIN;', ...schema.filter(isOurs).map(({ sql }) => `${sql};`)]
  const tables = schema.filter(({ type, name }) => type === 'table' && name !== 'sqlite_sequence')
  for (const { name } of [...tables, { name: 'sqlite_sequence' }]) {
    for (const row of database.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all()) {
      lines.push(`INSERT INTO ${name} VALUES(${Object.values(row).map(literal).join(', ')});`)
    }
  }
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  // AUTOINCREMENT has counted along: what it had counted before is put back.
  const sequence = lines.findIndex(line => line.startsWith('INSERT INTO sqlite_sequence'))
  lines.splice(sequence, 0, 'DELETE FROM sqlite_sequence;')
  return `${[...lines, `PRAGMA user_version = ${version};`, 'COMMIT;'].join('\n')}\n`
}

function isOurs({ name }: Record<string, unknown>): boolean {
  return !String(name).startsWith('sqlite_')
}

function literal(value: unknown): string {
  if (value === null) return 'NULL'
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

interface DescribedFolder {
  readonly path: string
  readonly uidValidity: number
  readonly uidNext: number
  readonly highestModseq: string
  readonly messages: readonly {
    readonly uid: number
    readonly text: string
    readonly flags: readonly string[]
    readonly internalDateMs: number
    readonly modseq: string
  }[]
  readonly vanished: readonly { readonly uid: number; readonly modseq: string }[]
}

function describeServer({ folders }: ModelServer): DescribedFolder[] {
  return [...folders].map(([path, { uidValidity, uidNext, highestModseq, messages, vanished }]) => ({
    ...{ path, uidValidity, uidNext, highestModseq: String(highestModseq) },
    messages: [...messages].map(([uid, { octets, flags, internalDateMs, modseq }]) => ({
      ...{ uid, text: octets.toString(), flags: [...flags], internalDateMs, modseq: String(modseq) },
    })),
    vanished: vanished.map(({ uid, modseq }) => ({ uid, modseq: String(modseq) })),
  }))
}

function remakeServer(described: readonly DescribedFolder[]): ModelServer {
  const server = new ModelServer([])
  for (const { path, uidValidity, uidNext, highestModseq, messages, vanished } of described) {
    const folder = new ModelFolder()
    Object.assign(folder, { uidValidity, uidNext, highestModseq: BigInt(highestModseq) })
    for (const { uid, text, flags, modseq, ...rest } of messages) {
      const message = { octets: Buffer.from(text), flags: new Set(flags), modseq: BigInt(modseq), isNew: false }
      folder.messages.set(uid, { ...message, ...rest })
    }
    folder.vanished = vanished.map(({ uid, modseq }) => ({ uid, modseq: BigInt(modseq) }))
    server.folders.set(path, folder)
  }
  return server
}
