import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppendSink, MessageToAppend } from '../../imap/backend.ts'
import { fileFailure } from '../../store/disk-failure.ts'
import type { SpooledMessage } from '../../sync/local/mailbox-change.ts'
import { refusalOf } from './refusals.ts'

const MAX_HELD_OCTETS = 65_536 // of the messages of one APPEND

/** Where messages are put that are appended, and what then becomes of them. */
export interface SpoolOptions {
  readonly spoolDir: string
  readonly clock: () => number
  readonly store: (messages: readonly SpooledMessage[]) => ReturnType<AppendSink['finish']>
}

/** Removes what a process left behind that was killed: none of it was ever confirmed. */
export async function emptySpool(spoolDir: string): Promise<void> {
  await rm(spoolDir, { recursive: true, force: true })
  await mkdir(spoolDir, { recursive: true, mode: 0o700 })
}

type Facts = Pick<SpooledMessage, 'flags' | 'internalDateMs'>

/** A message that is being given. */
type OpenMessage = Facts & ({ readonly chunks: Buffer[] } | { readonly file: FileHandle; readonly path: string })

/** Keeps the messages of an APPEND until the last one is there: small ones in memory, large ones in files. */
export class SpooledAppend implements AppendSink {
  readonly #options: SpoolOptions
  readonly #messages: SpooledMessage[] = []
  #mayHold = MAX_HELD_OCTETS
  #dir: string | undefined
  #open: OpenMessage | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
  }

  async begin({ flags, internalDateMs, octets }: MessageToAppend): Promise<void> {
    const facts = { flags, internalDateMs: internalDateMs ?? this.#options.clock() }
    if (octets > this.#mayHold) {
      this.#open = { ...facts, ...(await this.#newFile()) }
      return
    }
    this.#mayHold -= octets
    this.#open = { ...facts, chunks: [] }
  }

  async write(octets: Buffer): Promise<void> {
    const open = this.#open
    if (!open) return
    if ('chunks' in open) {
      open.chunks.push(octets)
      return
    }
    await onDisk(this.#options.spoolDir, async () => {
      for (let at = 0; at < octets.length; ) at += (await open.file.write(octets, at)).bytesWritten
    })
  }

  async end(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    if (!open) return
    const { flags, internalDateMs } = open
    if ('file' in open) await onDisk(this.#options.spoolDir, () => open.file.close())
    const content = 'file' in open ? { file: open.path } : { octets: Buffer.concat(open.chunks) }
    this.#messages.push({ content, flags, internalDateMs })
  }

  async finish(): ReturnType<AppendSink['finish']> {
    return this.#options.store(this.#messages)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true })
  }

  async #newFile(): Promise<{ file: FileHandle; path: string }> {
    const { spoolDir } = this.#options
    return onDisk(spoolDir, async () => {
      if (!this.#dir) await mkdir(spoolDir, { recursive: true, mode: 0o700 })
      this.#dir ??= await mkdtemp(join(spoolDir, 'append-'))
      const path = join(this.#dir, String(this.#messages.length))
      return { file: await open(path, 'wx', 0o600), path }
    })
  }
}

async function onDisk<Result>(dir: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw refusalOf(fileFailure(dir, error))
  }
}
