import { accessSync, constants, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { PosternError } from '../errors.ts'
import type { StoreErrorCode } from './errors.ts'

const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
const PRIMARY_CODE = 0xff // the low octet of an extended result code
const NO_SPACE_OCTETS = 65_536 // SQLite tells some failures for want of space as I/O errors

/** Says in words what SQLite could not do with a file; everything that is no matter of the disk stays as it is. */
export function databaseFailure(file: string, error: unknown): unknown {
  const code = primaryCode(error)
  if (code === SQLITE_FULL) return diskFull(file, error)
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return unreadable(file, error)
  if (code !== SQLITE_IOERR && code !== SQLITE_READONLY && code !== SQLITE_CANTOPEN) return error
  const free = freeOctets(file)
  const isFull = code !== SQLITE_READONLY && free !== undefined && free < NO_SPACE_OCTETS
  if (isFull) return diskFull(file, error)
  // SQLite says only that it cannot open the file.
  return writeFailed(file, (code === SQLITE_CANTOPEN && whyNotWritable(file)) || error)
}

/** Tells whether SQLite failed in a way that leaves doubt about what the system has written. */
export function isIoFailure(error: unknown): boolean {
  return primaryCode(error) === SQLITE_IOERR
}

/** Says in words what a file call could not do. */
export function fileFailure(path: string, error: unknown): PosternError {
  if (error instanceof PosternError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(path, error) : writeFailed(path, error)
}

/** The message of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Octets that may be written beside a path; undefined where the system does not tell. */
export function freeOctets(path: string): number | undefined {
  for (const place of [path, dirname(path)]) {
    try {
      const { bavail, bsize } = statfsSync(place)
      return bavail * bsize
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error // not there (yet): its folder tells
    }
  }
  return undefined
}

/** Writes octets for people. */
export function sizeWords(octets: number): string {
  if (octets < 1000) return `${octets} octets`
  if (octets < 1_000_000) return `${(octets / 1000).toFixed(1)} kB`
  return octets < 1e9 ? `${(octets / 1e6).toFixed(1)} MB` : `${(octets / 1e9).toFixed(1)} GB`
}

function whyNotWritable(file: string): unknown {
  try {
    accessSync(dirname(file), constants.W_OK)
    return undefined
  } catch (error) {
    return error
  }
}

function diskFull(path: string, cause: unknown): PosternError {
  const free = freeOctets(path)
  const left = free === undefined ? '' : `; ${sizeWords(free)} are free`
  return new PosternError<StoreErrorCode>('STORE_DISK_FULL', `The disk is full: ${path} cannot be written${left}.`, {
    remedy: 'user',
    advice: 'Free some space on that disk. Nothing is lost; Postern goes on where it stopped.',
    cause,
  })
}

function writeFailed(path: string, cause: unknown): PosternError {
  const free = freeOctets(path)
  const left = free === undefined ? '' : ` (${sizeWords(free)} are free)`
  const what = primaryCode(cause) === SQLITE_IOERR ? 'read or written' : 'written'
  return new PosternError<StoreErrorCode>('STORE_WRITE_FAILED', `${path} cannot be ${what}: ${textOf(cause)}${left}.`, {
    remedy: 'user',
    advice: `${adviceFor(cause)} What is stored already stays as it is.`,
    cause,
  })
}

function adviceFor(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const isReadOnly = code === 'EROFS' || primaryCode(cause) === SQLITE_READONLY
  if (isReadOnly) return 'The disk is read-only, perhaps after an error: see the system’s log, then make it writable.'
  if (code === 'EACCES' || code === 'EPERM') return 'Give your user the right to write there.'
  return 'Look at the disk’s health and the system’s log; the permissions of the folder may be wrong as well.'
}

function unreadable(file: string, cause: unknown): PosternError {
  return new PosternError<StoreErrorCode>('STORE_UNREADABLE', `The store ${file} is damaged: ${textOf(cause)}.`, {
    remedy: 'user',
    advice: 'Run `postern store repair`: it keeps what can be read, and the rest is fetched again from the server.',
    cause,
  })
}

function primaryCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & PRIMARY_CODE : undefined
}
