import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { SCHEMA_VERSION } from '../../database.ts'
import { textOf } from '../../disk-failure.ts'
import type { StoreErrorCode } from '../../errors.ts'

/** The file that makes a folder a backup: written last. */
export const MANIFEST_FILE = 'manifest.json'
const FORMAT = 'postern-backup-1'

/** A file of a backup; its name is relative, with slashes. */
export interface BackupFile {
  readonly name: string
  readonly octets: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** Whose store it is. */
export interface BackupProfile {
  readonly name: string
  readonly email: string
  readonly number: number
  /** The account that it is synchronized with; null for none, absent in backups that do not say. */
  readonly account?: string | null
}

/** What a backup says of itself. */
export interface BackupManifest {
  readonly format: typeof FORMAT
  /** Of the program that wrote it. */
  readonly version: string
  readonly schema: number
  readonly profile: BackupProfile
  readonly createdAt: string
  readonly counts: {
    readonly folders: number
    readonly items: number
    readonly toUpload: number
    /** Found when it was written: bodies that were damaged in the store already. */
    readonly problems: number
  }
  readonly files: readonly BackupFile[]
}

/** Makes the manifest's text. */
export function encodeManifest(manifest: Omit<BackupManifest, 'format' | 'schema'>): string {
  return `${JSON.stringify({ format: FORMAT, schema: SCHEMA_VERSION, ...manifest }, null, 2)}\n`
}

/**
 * Reads what a backup says of itself.
 *
 * @throws {PosternError} STORE_BACKUP_INVALID, STORE_NEWER_SCHEMA
 */
export async function readManifest(dir: string): Promise<BackupManifest> {
  const manifest = parse(dir, await readText(dir))
  if (manifest.schema <= SCHEMA_VERSION) return manifest
  throw new PosternError<StoreErrorCode>(
    'STORE_NEWER_SCHEMA',
    `The backup ${dir} was written by a newer Postern (schema ${manifest.schema}, this one knows ${SCHEMA_VERSION}).`,
    { remedy: 'user', advice: 'Install the newer version. Nothing was changed.' },
  )
}

/**
 * Compares a backup's files with what its manifest says.
 *
 * @throws {PosternError} STORE_BACKUP_INVALID
 */
export async function verifyFiles(
  dir: string,
  { files }: BackupManifest,
  onOctets: (octets: number) => void,
): Promise<void> {
  for (const { name, octets, sha256 } of files) {
    const path = join(dir, name)
    const size = await stat(path).then(
      ({ size }) => size,
      error => {
        throw invalidBackup(dir, `${name} cannot be read: ${textOf(error)}`)
      },
    )
    if (size !== octets) throw invalidBackup(dir, `${name} has ${size} octets instead of ${octets}`)
    if ((await digestFile(path, onOctets)) !== sha256) throw invalidBackup(dir, `${name} was changed or is damaged`)
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestFile(path: string, onOctets: (octets: number) => void): Promise<string> {
  const sha = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) {
    const octets = chunk as Buffer // a stream without an encoding
    sha.update(octets)
    onOctets(octets.length)
  }
  return sha.digest('hex')
}

/** Says why something cannot be restored. */
export function invalidBackup(dir: string, why: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_BACKUP_INVALID', `${dir} is no backup that can be used: ${why}.`, {
    remedy: 'user',
    advice: 'Nothing was changed. Give the folder that `postern store backup` wrote, or an older backup.',
  })
}

async function readText(dir: string): Promise<string> {
  try {
    return await readFile(join(dir, MANIFEST_FILE), 'utf8')
  } catch (error) {
    throw invalidBackup(dir, `its ${MANIFEST_FILE} cannot be read (${textOf(error)})`)
  }
}

/** Tells whether a name is one of a backup's data files. */
export function isBackupFileName(name: string): boolean {
  return SAFE_NAME.test(name)
}

const SAFE_NAME = /^(store\.sqlite|packs\/\d{6,12}\.pack)$/ // a backup is data: it names no file outside of itself

function parse(dir: string, text: string): BackupManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalidBackup(dir, `its ${MANIFEST_FILE} is damaged (${textOf(error)})`)
  }
  if (!isManifest(value)) throw invalidBackup(dir, `its ${MANIFEST_FILE} is of another form`)
  return value
}

function isManifest(value: unknown): value is BackupManifest {
  if (typeof value !== 'object' || value === null) return false
  const { format, schema, profile, counts, files } = value as Partial<BackupManifest> // looked at field by field
  return (
    format === FORMAT &&
    Number.isInteger(schema) &&
    typeof profile?.email === 'string' &&
    typeof counts?.items === 'number' &&
    Array.isArray(files) &&
    files.some(({ name }) => name === 'store.sqlite') &&
    files.every(file => isBackupFileName(String(file?.name)) && Number.isInteger(file?.octets) && isHash(file?.sha256))
  )
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
