import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

/** The calls that can be made to fail: those by which packs and their folder are written, and SQLite's transactions. */
export type FaultPoint = 'open' | 'writev' | 'fdatasync' | 'fsync' | 'truncate' | 'begin' | 'commit' | 'rollback'

const ERRNO = { ENOSPC: 'no space left on device', EIO: 'i/o error', EROFS: 'read-only file system' } as const
const SQLITE_CODES = { ENOSPC: 13, EIO: 778, EROFS: 8 } as const // FULL, IOERR_WRITE, READONLY
export type FaultCode = keyof typeof ERRNO

/** What is to fail next. To be imported before anything that takes functions out of `node:fs`. */
class DiskFaults {
  #point: FaultPoint | undefined
  #code: FaultCode = 'EIO'
  #countdown = 0
  #isLasting = false
  /** How often something failed. */
  hits = 0

  /** Makes the n-th call from now fail; and all that follow it when the disk stays as it is. */
  arm(point: FaultPoint, code: FaultCode, { nth, isLasting = false }: { nth: number; isLasting?: boolean }): void {
    this.#point = point
    this.#code = code
    this.#countdown = nth
    this.#isLasting = isLasting
    this.hits = 0
  }

  disarm(): void {
    this.#point = undefined
  }

  /** Counts a call; the error with which it fails, if it does. */
  failureOf(point: FaultPoint): Error | undefined {
    if (point !== this.#point) return undefined
    this.#countdown--
    if (this.#countdown > 0 || (this.#countdown < 0 && !this.#isLasting)) return undefined
    this.hits++
    const isDatabase = point === 'begin' || point === 'commit' || point === 'rollback'
    const message = `${ERRNO[this.#code]} (made by the test)`
    if (isDatabase) return Object.assign(new Error(message), { errcode: SQLITE_CODES[this.#code] })
    return Object.assign(new Error(`${this.#code}: ${message}, ${point}`), { code: this.#code, syscall: point })
  }

  check(point: FaultPoint): void {
    const failure = this.failureOf(point)
    if (failure) throw failure
  }
}

export const faults = new DiskFaults()

const real = { ...fs }
const writev = promisify(real.writev)
const fdatasync = promisify(real.fdatasync)

const patched = {
  openSync: (...args: Parameters<typeof fs.openSync>) => {
    if (args[1] === 'w' || args[1] === 'r+') faults.check('open')
    return real.openSync(...args)
  },
  fsyncSync: (fd: number) => {
    faults.check('fsync')
    real.fsyncSync(fd)
  },
  truncateSync: (...args: Parameters<typeof fs.truncateSync>) => {
    faults.check('truncate')
    real.truncateSync(...args)
  },
  writev: withPromise(async (...args: Parameters<typeof writev>) => {
    const failure = faults.failureOf('writev')
    if (!failure) return writev(...args)
    // A disk that runs full takes a part first.
    const [fd, [first], position] = args
    if (first)
      await writev(fd, [new Uint8Array(first.buffer, first.byteOffset, Math.min(1, first.byteLength))], position)
    throw failure
  }),
  fdatasync: withPromise(async (fd: number) => {
    const failure = faults.failureOf('fdatasync')
    if (failure) throw failure
    await fdatasync(fd)
  }),
}

// promisify takes what is written at `promisify.custom`; nobody here calls these with a callback.
function withPromise<Wrapped extends (...args: never[]) => Promise<unknown>>(wrapped: Wrapped) {
  return Object.assign(() => undefined, { [promisify.custom]: wrapped })
}

Object.assign(fs, patched)
syncBuiltinESMExports()

const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (sql: string) {
  if (sql === 'BEGIN IMMEDIATE') faults.check('begin')
  if (sql === 'COMMIT') faults.check('commit')
  if (sql === 'ROLLBACK') faults.check('rollback')
  exec.call(this, sql)
}
