import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import type { Database, Row } from '../database.ts'
import type { DetailKind, MadeDetails, readDetails } from './item-details.ts'
import type { MessageFacts, MessageLinks } from './message-facts.ts'
import { trigramQuery, trigramText } from './trigrams.ts'

const MAX_TEXT_OCTETS = 67_108_864 // more than any text has: what a damaged one claims must not fill the memory
const BETWEEN_TEXTS = '\x1e' // no folded text has a control character but the ends of its lines
const COMPRESSION = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

/** How a header is known again in a message that is not read to its end. */
export interface HeaderMark {
  /** Its length, with the blank line. */
  readonly octets: number
  readonly crc32: number
}

/** What is kept of certain octets. */
export interface Document {
  readonly facts: MessageFacts
  readonly links: MessageLinks
  readonly details: ReturnType<typeof readDetails>
  readonly rawHeader: HeaderMark
  /** The listed fields, where they are small. */
  readonly listed: Buffer | undefined
  /** Folded texts. */
  readonly header: string
  readonly body: string
}

const DETAIL_COLUMNS: Readonly<Record<DetailKind, readonly [table: string, column: string]>> = {
  envelope: ['envelope', 'envelope'],
  preview: ['envelope', 'preview'],
  bodyStructure: ['structure', 'body_structure'],
  structure: ['structure', 'structure'],
}

/** The listed fields of some documents, those of each behind those of the one before. */
export interface ListedFields {
  /** In octets, of each document; null for those of which there are none. */
  readonly lengths: readonly (number | null)[]
  /** Has a memory of its own. */
  readonly octets: Buffer
}

/** The index cannot be read, whatever is wrong with it: what it has is to be had from the messages. */
export class IndexUnusable extends Error {}

/** A part of a message that can be searched alone. */
export type TextPart = 'header' | 'body'

/** The documents of an index; whatever reads them throws {@link IndexUnusable}. Octets are known by the lower-case hexadecimal digits of their SHA-256. */
export class Documents {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Runs work that sees the index as it is at one moment. */
  snapshot<Result>(work: () => Result): Result {
    this.#told(() => this.#database.exec('BEGIN'))
    try {
      return work()
    } finally {
      this.#told(() => this.#database.exec('ROLLBACK'))
    }
  }

  /** Differs when anything in the index has changed. */
  state(): string {
    return this.#told(() => String(this.#database.find('PRAGMA data_version')?.data_version))
  }

  /** Lists all documents by their hashes. */
  all(): Map<string, number> {
    const sql = 'SELECT json_group_array(id) AS ids, json_group_array(lower(hex(sha256))) AS hashes FROM document'
    return this.#told(() => {
      const row = this.#database.find(sql)
      const ids = JSON.parse(String(row?.ids)) as number[] // declared so in the schema
      const hashes = JSON.parse(String(row?.hashes)) as string[] // the same
      return new Map(hashes.map((hash, index) => [hash, ids[index] ?? 0]))
    })
  }

  /** Finds the document of each hash, in their order; 0 for those that have none. */
  idsOf(hashes: readonly string[]): readonly number[] {
    // In the order in which json_each gives them, and one JSON text back: a third of the time of a join.
    const sql = `SELECT json_group_array(coalesce((SELECT id FROM document WHERE sha256 = unhex(value)), 0)) AS ids
      FROM json_each(?)`
    return this.#told(() => JSON.parse(String(this.#database.find(sql, JSON.stringify(hashes))?.ids)) as number[]) // the same
  }

  has(hash: string): boolean {
    const sql = 'SELECT 1 FROM document WHERE sha256 = unhex(?)'
    return this.#told(() => this.#database.find(sql, hash)) !== undefined
  }

  /** Reads the facts of documents. */
  factsOf(ids: readonly number[]): Map<number, MessageFacts> {
    return this.#valuesOf('facts', ids) as Map<number, MessageFacts> // written by add
  }

  /** Reads the links of documents. */
  linksOf(ids: readonly number[]): Map<number, MessageLinks> {
    return this.#valuesOf('links', ids) as Map<number, MessageLinks> // written by add
  }

  #valuesOf(column: 'facts' | 'links', ids: readonly number[]): Map<number, unknown> {
    const sql = `SELECT id, ${column} AS value FROM document WHERE id IN (SELECT value FROM json_each(?))`
    return this.#told(() => {
      const rows = this.#database.all(sql, JSON.stringify(ids))
      return new Map(rows.map(row => [Number(row.id), JSON.parse(String(row.value))]))
    })
  }

  /** Reads how documents are made. */
  detailsOf(ids: readonly number[], kinds: readonly DetailKind[]): Map<number, MadeDetails> {
    const places = kinds.map(kind => DETAIL_COLUMNS[kind])
    const columns = places.map(([table, column]) => `${table}.${column}`).join(', ')
    const tables = [...new Set(places.map(([table]) => table))].join(' JOIN ')
    const using = tables.includes(' ') ? 'USING (document)' : ''
    const sql = `SELECT document, ${columns} FROM ${tables} ${using} WHERE document IN (SELECT value FROM json_each(?))`
    return this.#told(() => {
      const rows = this.#database.all(sql, JSON.stringify(ids))
      return new Map(rows.map(row => [Number(row.document), detailsOf(row)]))
    })
  }

  /** Reads where the headers of documents end. */
  headersOf(ids: readonly number[]): Map<number, HeaderMark> {
    const sql = `SELECT id, header_octets, header_crc32 FROM document WHERE id IN (SELECT value FROM json_each(?))`
    return this.#told(() => {
      const rows = this.#database.all(sql, JSON.stringify(ids))
      return new Map(
        rows.map(row => [Number(row.id), { octets: Number(row.header_octets), crc32: Number(row.header_crc32) }]),
      )
    })
  }

  /** Reads the listed fields of documents. */
  listedOf(ids: readonly number[]): ListedFields {
    // As one BLOB: rows would take most of the time. group_concat leaves octets as they are, and NULL out.
    const sql = `SELECT json_group_array(length(fields)) AS lengths, CAST(group_concat(fields, '') AS BLOB) AS octets
      FROM (SELECT (SELECT fields FROM listing WHERE document = value) AS fields FROM json_each(?))`
    return this.#told(() => {
      const { lengths = '[]', octets = null } = this.#database.find(sql, JSON.stringify(ids)) ?? {}
      const found = { lengths: JSON.parse(String(lengths)), octets: octetsOf(octets ?? new Uint8Array()) }
      return checked(found)
    })
  }

  /** Reads folded texts. */
  textsOf(ids: readonly number[], part: TextPart): Map<number, string> {
    if (part === 'header') return this.#headerTextsOf(ids)
    const sql = 'SELECT document, text FROM body_text WHERE document IN (SELECT value FROM json_each(?))'
    return this.#told(() => {
      const rows = this.#database.all(sql, JSON.stringify(ids))
      return new Map(rows.map(({ document, text }) => [Number(document), unpacked(text)]))
    })
  }

  #headerTextsOf(ids: readonly number[]): Map<number, string> {
    // As one text: rows would take most of the time.
    const sql = `SELECT json_group_array(document) AS documents, group_concat(text, '${BETWEEN_TEXTS}') AS texts
      FROM header_text WHERE document IN (SELECT value FROM json_each(?))`
    return this.#told(() => {
      const row = this.#database.find(sql, JSON.stringify(ids))
      const documents = JSON.parse(String(row?.documents)) as number[] // declared so in the schema
      const texts = documents.length === 0 ? [] : String(row?.texts).split(BETWEEN_TEXTS)
      if (texts.length !== documents.length) throw new TypeError('there are not as many texts as documents')
      return new Map(documents.map((document, index) => [document, texts[index] ?? '']))
    })
  }

  /** Finds the documents that may have a folded text in one of the parts: all that have, and some others. */
  candidates(wanted: string, parts: readonly TextPart[]): Set<number> | undefined {
    const query = trigramQuery(wanted)
    if (query === undefined) return undefined
    const among = parts.length === 2 ? '' : `AND rowid & 1 = ${parts[0] === 'body' ? 1 : 0}`
    const sql = `SELECT json_group_array(rowid >> 1) AS ids FROM grams WHERE grams MATCH ? ${among}`
    return this.#told(() => new Set(JSON.parse(String(this.#database.find(sql, query)?.ids)) as number[])) // made by SQLite
  }

  /** Adds a document; in a transaction of the caller's. */
  add(hash: string, { facts, links, details, rawHeader, listed, header, body }: Document): void {
    const { lastRowId: id } = this.#database.run(
      'INSERT INTO document(sha256, facts, links, header_octets, header_crc32) VALUES(unhex(?), ?, ?, ?, ?)',
      ...[hash, JSON.stringify(facts), JSON.stringify(links), rawHeader.octets, rawHeader.crc32],
    )
    this.#database.run(
      'INSERT INTO envelope VALUES(?, ?, ?)',
      ...[id, Buffer.from(details.envelope, 'latin1'), details.preview],
    )
    this.#database.run(
      'INSERT INTO structure VALUES(?, ?, ?)',
      ...[id, Buffer.from(details.bodyStructure, 'latin1'), JSON.stringify(details.structure)],
    )
    if (listed) this.#database.run('INSERT INTO listing VALUES(?, ?)', id, listed)
    this.#database.run('INSERT INTO header_text VALUES(?, ?)', id, header)
    this.#database.run('INSERT INTO body_text VALUES(?, ?)', id, packed(body))
    for (const [row, text] of [
      [2 * id, header],
      [2 * id + 1, body],
    ] as const) {
      if (text !== '') this.#database.run('INSERT INTO grams(rowid, text) VALUES(?, ?)', row, trigramText(text))
    }
  }

  /** Removes a document; in a transaction of the caller's. */
  remove(id: number): void {
    this.#database.run('DELETE FROM grams WHERE rowid IN (?, ?)', 2 * id, 2 * id + 1)
    for (const table of ['header_text', 'body_text', 'structure', 'envelope', 'listing']) {
      this.#database.run(`DELETE FROM ${table} WHERE document = ?`, id)
    }
    this.#database.run('DELETE FROM document WHERE id = ?', id)
  }

  /** Joins small parts of the full-text index; writes about `pages` at most, and tells whether there was anything to do. */
  merge(pages: number): boolean {
    const changes = () => Number(this.#database.find('SELECT total_changes() AS n')?.n)
    const before = changes()
    this.#database.run(`INSERT INTO grams(grams, rank) VALUES('merge', ?)`, pages)
    return changes() - before >= 2 // fts5: fewer mean that nothing was left to be joined
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      throw new IndexUnusable('the index cannot be read', { cause })
    }
  }
}

function detailsOf({ envelope, body_structure, structure, preview }: Row): MadeDetails {
  return {
    envelope: envelope === undefined ? undefined : octetText(envelope),
    bodyStructure: body_structure === undefined ? undefined : octetText(body_structure),
    structure: structure === undefined ? undefined : (JSON.parse(String(structure)) as MessageStructure), // written by add
    preview: preview === undefined ? undefined : String(preview),
  }
}

function octetText(value: Row[string]): string {
  return octetsOf(value).toString('latin1')
}

function octetsOf(value: Row[string]): Buffer {
  if (!(value instanceof Uint8Array)) throw new TypeError('octets are no BLOB')
  return Buffer.from(value.buffer, value.byteOffset, value.length)
}

function checked(found: ListedFields): ListedFields {
  const total = found.lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
  if (total !== found.octets.length) throw new TypeError('the listed fields have other lengths than they say')
  return found
}

function unpacked(text: Row[string]): string {
  if (!(text instanceof Uint8Array)) throw new TypeError('a text is no BLOB')
  return zstdDecompressSync(text, { maxOutputLength: MAX_TEXT_OCTETS }).toString()
}

function packed(text: string): Uint8Array {
  return zstdCompressSync(text, COMPRESSION)
}
