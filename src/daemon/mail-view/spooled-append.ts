import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppendSink, MessageToAppend } from '../../imap/backend.ts'
import { fileFailure } from '../../store/disk-failure.ts'
import type { SpooledMessage } from '../../sync/local/mailbox-change.ts'
import { refusalOf } from './refusals.ts'

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

/** Keeps the messages of an APPEND in files until the last one is there. */
export class SpooledAppend implements AppendSink {
  readonly #options: SpoolOptions
  readonly #messages: SpooledMessage[] = []
  #dir: string | undefined
  #file: FileHandle | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
  }

  async begin({ flags, internalDateMs }: MessageToAppend): Promise<void> {
    const { spoolDir, clock } = this.#options
    await onDisk(spoolDir, async () => {
      if (!this.#dir) await mkdir(spoolDir, { recursive: true, mode: 0o700 })
      this.#dir ??= await mkdtemp(join(spoolDir, 'append-'))
      const file = join(this.#dir, String(this.#messages.length))
      this.#file = await open(file, 'wx', 0o600)
      this.#messages.push({ file, flags, internalDateMs: internalDateMs ?? clock() })
    })
  }

  async write(octets: Buffer): Promise<void> {
    await onDisk(this.#options.spoolDir, async () => {
      for (let at = 0; at < octets.length; ) at += (await this.#file?.write(octets, at))?.bytesWritten ?? octets.length
    })
  }

  async end(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await onDisk(this.#options.spoolDir, async () => file?.close())
  }

  async finish(): ReturnType<AppendSink['finish']> {
    return this.#options.store(this.#messages)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true })
  }
}

async function onDisk(dir: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw refusalOf(fileFailure(dir, error))
  }
}
