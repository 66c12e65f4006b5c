import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { textOf } from '../../disk-failure.ts'
import { PACKS_DIR } from '../../packs/pack-format.ts'
import { syncPath } from '../copy-pack.ts'
import { invalidBackup, isBackupFileName, MANIFEST_FILE, readManifest } from './manifest.ts'
import { decodeTarHeader, encodeTarHeader, paddingOf, TAR_BLOCK_OCTETS } from './tar-header.ts'

const CHUNK_OCTETS = 1_048_576

/** Tells whether a backup is to be one file. */
export function isArchive(path: string): boolean {
  return path.endsWith('.tar')
}

/** Packs a backup's folder into one file; it has its name once it is whole. */
export async function packBackup(dir: string, archive: string, signal: AbortSignal): Promise<void> {
  const { files, createdAt } = await readManifest(dir)
  const partial = `${archive}.partial`
  const handle = await open(partial, 'w', 0o600)
  try {
    for (const name of [MANIFEST_FILE, ...files.map(file => file.name)]) {
      await packFile(handle, join(dir, name), { name, timeMs: Date.parse(createdAt), signal })
    }
    await handle.write(Buffer.alloc(2 * TAR_BLOCK_OCTETS))
    await handle.sync()
  } catch (error) {
    await handle.close()
    await rm(partial, { force: true })
    throw error
  }
  await handle.close()
  await rename(partial, archive)
  await syncPath(dirname(archive), 'r')
}

async function packFile(
  to: FileHandle,
  path: string,
  { name, timeMs, signal }: { readonly name: string; readonly timeMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { size } = await stat(path)
  await writeAll(to, encodeTarHeader({ name, octets: size }, timeMs))
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_OCTETS, end: Math.max(0, size - 1) })) {
    signal.throwIfAborted()
    await writeAll(to, chunk as Buffer) // a stream without an encoding
  }
  await writeAll(to, Buffer.alloc(paddingOf(size)))
}

/**
 * Unpacks one into a folder of its own. Only names that a backup has are taken.
 *
 * @throws {PosternError} STORE_BACKUP_INVALID
 */
export async function unpackBackup(archive: string, dir: string, signal: AbortSignal): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(join(dir, PACKS_DIR), { recursive: true, mode: 0o700 })
  const handle = await open(archive, 'r').catch(error => {
    throw invalidBackup(archive, `it cannot be read: ${textOf(error)}`)
  })
  try {
    for (let at = 0; ; ) {
      const entry = decodeTarHeader(await readExactly(handle, at, { octets: TAR_BLOCK_OCTETS, archive }))
      if (entry === 'end') return
      if (!entry || (entry.name !== MANIFEST_FILE && !isBackupFileName(entry.name))) {
        throw invalidBackup(archive, `it is damaged at octet ${at}, or no archive of a backup`)
      }
      at += TAR_BLOCK_OCTETS
      await unpackFile(handle, join(dir, entry.name), { at, octets: entry.octets, archive, signal })
      at += entry.octets + paddingOf(entry.octets)
    }
  } finally {
    await handle.close()
  }
}

async function unpackFile(
  from: FileHandle,
  path: string,
  { at, octets, archive, signal }: { at: number; octets: number; archive: string; signal: AbortSignal },
): Promise<void> {
  const to = await open(path, 'wx', 0o600)
  try {
    for (let done = 0; done < octets; done += CHUNK_OCTETS) {
      signal.throwIfAborted()
      await writeAll(to, await readExactly(from, at + done, { octets: Math.min(CHUNK_OCTETS, octets - done), archive }))
    }
    await to.sync()
  } finally {
    await to.close()
  }
}

async function readExactly(
  handle: FileHandle,
  at: number,
  { octets, archive }: { readonly octets: number; readonly archive: string },
): Promise<Buffer> {
  const buffer = Buffer.alloc(octets)
  for (let done = 0; done < octets; ) {
    const { bytesRead } = await handle.read(buffer, done, octets - done, at + done)
    if (bytesRead === 0) throw invalidBackup(archive, 'its end is missing')
    done += bytesRead
  }
  return buffer
}

async function writeAll(handle: FileHandle, octets: Buffer): Promise<void> {
  for (let rest = octets; rest.length > 0; ) {
    const { bytesWritten } = await handle.write(rest)
    rest = rest.subarray(bytesWritten)
  }
}
