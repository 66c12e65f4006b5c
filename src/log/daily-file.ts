import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const FLUSH_MS = 200
const MAX_HELD_OCTETS = 65_536

/** Options of {@link DailyFile}. */
export interface DailyFileOptions {
  readonly dir: string
  readonly clock: () => number
}

/** Names the log file of a day in local time: `MM-DD-YYYY.txt`. */
export function logFileName(ms: number): string {
  const date = new Date(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(date.getMonth() + 1)}-${two(date.getDate())}-${date.getFullYear()}.txt`
}

/** Appends lines to one file a day. Several processes may append to the same file: lines are written whole. */
export class DailyFile {
  readonly #options: DailyFileOptions
  #lines: string[] = []
  #heldOctets = 0
  #timer: NodeJS.Timeout | undefined
  #open: { readonly name: string; readonly fd: number } | undefined

  constructor(options: DailyFileOptions) {
    this.#options = options
  }

  /** Takes a line with its end; it reaches the disk a moment later. */
  write(line: string): void {
    this.#lines.push(line)
    this.#heldOctets += line.length
    if (this.#heldOctets >= MAX_HELD_OCTETS) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref()
  }

  /** Writes what is held. A log that cannot be written must not stop the program: those lines are dropped. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#lines.join('')
    this.#lines = []
    this.#heldOctets = 0
    if (text === '') return
    try {
      writeSync(this.#file(), text)
    } catch {
      this.#close() // a full disk or a removed folder: the next lines try again
    }
  }

  #close(): void {
    const open = this.#open
    this.#open = undefined
    try {
      if (open) closeSync(open.fd)
    } catch {
      this.#open = undefined // a disk that is gone closes nothing
    }
  }

  #file(): number {
    const { dir, clock } = this.#options
    const name = join(dir, logFileName(clock()))
    if (this.#open?.name === name) return this.#open.fd
    this.#close()
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.#open = { name, fd: openSync(name, 'a', 0o600) }
    return this.#open.fd
  }
}
