import { closeSync, fdatasync, fsyncSync, openSync, writev } from 'node:fs'
import process from 'node:process'
import { promisify } from 'node:util'

const write = promisify(writev)
/** Waits until a file's octets are on the disk. */
export const datasync = promisify(fdatasync)

/** Makes a new file's name durable: it is only with its folder. Windows knows no such thing. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Writes all chunks, one after the other, from an offset on. */
export async function writeAll(fd: number, chunks: readonly Buffer[], offset: number): Promise<void> {
  let [rest, at] = [chunks, offset]
  while (rest.length > 0) {
    const { bytesWritten } = await write(fd, rest, at)
    at += bytesWritten
    rest = without(rest, bytesWritten)
  }
}

// A short write leaves the rest to be written.
function without(chunks: readonly Buffer[], octets: number): readonly Buffer[] {
  let [index, skipped] = [0, 0]
  for (const chunk of chunks) {
    if (skipped + chunk.length > octets) return [chunk.subarray(octets - skipped), ...chunks.slice(index + 1)]
    skipped += chunk.length
    index++
  }
  return []
}
