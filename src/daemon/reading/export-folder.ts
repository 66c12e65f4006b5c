import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type { StoreReader } from '../../store/reader.ts'
import { type FolderRow, type ItemRow, isCollection } from '../../store/rows.ts'
import type { DaemonErrorCode } from '../errors.ts'
import { objectFileName } from './object-listing.ts'

const PAGE_ROWS = 500

/** How far an export is. */
export interface ExportProgress {
  readonly done: number
  readonly total: number
  readonly octets: number
}

/** Writes all of a folder to files, one for each message or object. */
export function* exportFolder(store: StoreReader, folder: FolderRow, out: string): Generator<ExportProgress> {
  const { total, files } = filesOf(store, folder)
  let [done, octets] = [0, 0]
  makeFolder(out)
  for (const { name, chunks } of files) {
    octets += exportFile(chunks, join(out, name))
    done++
    if (done % PAGE_ROWS === 0) yield { done, total, octets }
  }
  yield { done, total, octets }
}

/** Where all of a message is. A header must never leave the store as if it were the message. */
export function wholeLocation({ id, bodyState, location }: ItemRow) {
  if (bodyState === 'full') return location
  throw new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `Only the header of item ${id} is here.`, {
    remedy: 'user',
    advice: 'Fetch all of it first: postern item fetch ID.',
  })
}

// A message that is only here has no UID of the server.
function fileName({ uid, localUid }: ItemRow): string {
  return uid > 0 ? `${uid}.eml` : `local-${localUid}.eml`
}

function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
  } catch (cause) {
    throw exportFailed(out, cause)
  }
}

interface ExportedFile {
  readonly name: string
  readonly chunks: Iterable<Buffer>
}

/** What a folder is exported as: one file for each message, or each object. */
function filesOf(store: StoreReader, folder: FolderRow): { total: number; files: Iterable<ExportedFile> } {
  const { id } = folder
  if (!isCollection(folder)) return { total: store.counts(id).items, files: messageFiles(store, id) }
  return { total: store.objects.counts(id).items, files: objectFiles(store, id) }
}

function* messageFiles(store: StoreReader, folder: number): Generator<ExportedFile> {
  for (const item of store.items(folder)) yield { name: fileName(item), chunks: store.body(wholeLocation(item)) }
}

function* objectFiles(store: StoreReader, folder: number): Generator<ExportedFile> {
  for (const object of store.objects.stream(folder)) yield { name: objectFileName(object), chunks: [object.octets] }
}

/** Writes one file beside its final name first, so that a file that is there is whole. */
function exportFile(chunks: Iterable<Buffer>, file: string): number {
  const temporary = `${file}.part`
  let octets = 0
  try {
    const fd = openSync(temporary, 'w', 0o600)
    try {
      for (const chunk of chunks) octets += writeAll(fd, chunk)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, file)
    return octets
  } catch (cause) {
    if (cause instanceof PosternError) throw cause
    throw exportFailed(file, cause)
  }
}

function writeAll(fd: number, chunk: Buffer): number {
  for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done)
  return chunk.length
}

function exportFailed(file: string, cause: unknown): PosternError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<DaemonErrorCode>('DAEMON_EXPORT_FAILED', `${file} could not be written: ${text}`, {
    remedy: 'user',
    advice: 'Check the folder’s permissions and the space on its disk, then repeat the export.',
    cause,
  })
}
