import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const PAGE_OCTETS = 4096

/** Why no small disk can be mounted here; undefined when one can. */
export function smallDiskMissing(): string | undefined {
  if (process.platform !== 'linux') return 'a small disk needs Linux'
  return process.getuid?.() === 0 ? undefined : 'mounting needs root'
}

/** A real file system of a few megabytes in memory, that can be filled and made read-only. */
export class SmallDisk implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'postern-disk-'))
  readonly #filler: string

  constructor(megabytes: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'postern-test', this.dir])
    this.#filler = join(this.dir, 'filler')
  }

  /** Takes all space but so many pages. */
  fill(leftPages = 0): void {
    this.free()
    const { bavail, bsize } = statfsSync(this.dir)
    const octets = bavail * bsize - leftPages * PAGE_OCTETS
    const fd = openSync(this.#filler, 'w')
    const chunk = Buffer.alloc(1_048_576)
    try {
      for (let done = 0; done < octets; ) done += writeSync(fd, chunk, 0, Math.min(chunk.length, octets - done))
    } catch (error) {
      if (Object(error).code !== 'ENOSPC') throw error // somebody else has written meanwhile: it is full
    } finally {
      closeSync(fd)
    }
  }

  /** Gives the space back. */
  free(): void {
    rmSync(this.#filler, { force: true })
  }

  /** Nothing of it may be open for writing. */
  setReadOnly(isReadOnly: boolean): void {
    execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.dir])
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.dir])
    rmSync(this.dir, { recursive: true, force: true })
  }
}
