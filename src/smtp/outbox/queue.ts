import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { MailOptions, RcptOptions } from '../backend.ts'

const MAX_HEADER_OCTETS = 2 * 1_048_576 // a thousand recipients with their parameters
const LF = 0x0a
const NEVER_MS = Number.MAX_SAFE_INTEGER

/** Who sends a message to whom. */
export interface Envelope {
  readonly sender: string
  readonly options: MailOptions
  readonly recipients: readonly ({ readonly address: string } & RcptOptions)[]
  readonly acceptedAtMs: number
}

/** How far its delivery is. */
export interface DeliveryState {
  readonly attempts: number
  readonly nextAttemptAtMs: number
  /** Addresses that the server has taken, or refused for good; the others are still to be delivered to. */
  readonly delivered: readonly string[]
  readonly failed: readonly { readonly address: string; readonly reply: string }[]
  /** Addresses of `failed` that the sender has been told of. */
  readonly reported: readonly string[]
  readonly lastError: string | undefined
}

/** A message in the outbox. */
export interface QueuedMessage {
  readonly id: string
  readonly envelope: Envelope
  readonly state: DeliveryState
}

/** What every message begins with. */
export const NEW_STATE: DeliveryState = {
  attempts: 0,
  nextAttemptAtMs: 0,
  delivered: [],
  failed: [],
  reported: [],
  lastError: undefined,
}

/**
 * The outbox of one profile: a folder with one file per message (the envelope as a line of JSON, then the octets as
 * they were sent, dots doubled), and a file beside it that says how far its delivery is. A message counts from the
 * moment its file has its final name and the folder is durable.
 */
export class OutboxQueue {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Begins a message. */
  async create(envelope: Envelope): Promise<NewMessage> {
    await makeFolder(this.#dir)
    const id = `${envelope.acceptedAtMs.toString(36)}-${randomBytes(5).toString('hex')}`
    const temporary = join(this.#dir, `${id}.new`)
    const file = await open(temporary, 'wx', 0o600)
    const message = new NewMessage(id, file, temporary, this.#file(id), this.#dir)
    await message.write(Buffer.from(`${JSON.stringify(envelope)}\n`))
    return message
  }

  /** Lists the messages, oldest first. One whose files are damaged says so, and is never due. */
  async list(): Promise<readonly QueuedMessage[]> {
    const names = await readdir(this.#dir).catch(ignoreAbsent)
    const messages: QueuedMessage[] = []
    for (const name of names.sort()) {
      const id = /^([0-9a-z]+-[0-9a-f]+)\.msg$/.exec(name)?.[1]
      const message = id === undefined ? undefined : await this.#find(id)
      if (message) messages.push(message)
    }
    return messages
  }

  /**
   * Removes what a crash cut off: beginnings of messages, and states of messages that are gone. Only at the start:
   * afterwards they are being written.
   */
  async removeUnfinished(): Promise<void> {
    const names = new Set(await readdir(this.#dir).catch(ignoreAbsent))
    const isLeft = (name: string) =>
      name.endsWith('.new') || (name.endsWith('.state') && !names.has(name.replace(/state$/, 'msg')))
    for (const name of [...names].filter(isLeft)) await rm(join(this.#dir, name), { force: true })
  }

  /** Streams the octets of a message, dots doubled. */
  async *octets(id: string): AsyncGenerator<Buffer> {
    const file = await open(this.#file(id), 'r')
    try {
      const { length } = await readHeader(file)
      yield* file.createReadStream({
        start: length + 1,
        highWaterMark: 262_144,
        autoClose: false,
      }) as AsyncIterable<Buffer>
    } finally {
      await file.close()
    }
  }

  /** Keeps how far a delivery is, before anything else is done for it. */
  async setState(id: string, state: DeliveryState): Promise<void> {
    const temporary = join(this.#dir, `${id}.state.new`)
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(state))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, this.#stateFile(id))
    await syncFolder(this.#dir)
  }

  /** Forgets a message; durable when it resolves. */
  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true })
    await syncFolder(this.#dir)
    await rm(this.#stateFile(id), { force: true })
  }

  /** Undefined for a message that was delivered or dropped while we looked. */
  async #find(id: string): Promise<QueuedMessage | undefined> {
    try {
      return await this.#read(id)
    } catch (error) {
      if (isAbsent(error)) return undefined
      // One bad file must not hold up the others, and must not be taken for a message without recipients.
      return { id, envelope: unknownEnvelope(id), state: heldState(this.#file(id), error) }
    }
  }

  async #read(id: string): Promise<QueuedMessage> {
    const file = await open(this.#file(id), 'r')
    try {
      const envelope = JSON.parse((await readHeader(file)).toString('utf8')) as Envelope // written by `create`
      return { id, envelope, state: await this.#readState(id) }
    } finally {
      await file.close()
    }
  }

  async #readState(id: string): Promise<DeliveryState> {
    try {
      return JSON.parse(await readFile(this.#stateFile(id), 'utf8')) as DeliveryState // written by `setState`
    } catch (error) {
      // A state that cannot be read is no new one: recipients that have the message would get it again.
      return isAbsent(error) ? NEW_STATE : heldState(this.#stateFile(id), error)
    }
  }

  #file(id: string): string {
    return join(this.#dir, `${id}.msg`)
  }

  #stateFile(id: string): string {
    return join(this.#dir, `${id}.state`)
  }
}

/** A message that is being written into the outbox. */
export class NewMessage {
  readonly id: string
  readonly #file: FileHandle
  readonly #temporary: string
  readonly #final: string
  readonly #dir: string
  #writes: Promise<unknown> = Promise.resolve()
  #failure: unknown

  constructor(id: string, file: FileHandle, temporary: string, final: string, dir: string) {
    this.id = id
    this.#file = file
    this.#temporary = temporary
    this.#final = final
    this.#dir = dir
  }

  /** Appends octets; resolves when they are handed to the system. A failure is told by `commit`. */
  write(octets: Buffer): Promise<void> {
    const write = this.#writes.then(async () => {
      if (this.#failure !== undefined) return
      for (let rest = octets; rest.length > 0; ) {
        const { bytesWritten } = await this.#file.write(rest)
        rest = rest.subarray(bytesWritten)
      }
    })
    this.#writes = write.catch(error => {
      this.#failure = error
    })
    return this.#writes.then(() => undefined)
  }

  /** Makes the message count: file, name and folder are durable when it resolves. */
  async commit(): Promise<void> {
    try {
      await this.#writes
      if (this.#failure !== undefined) throw this.#failure
      await this.#file.sync()
    } catch (error) {
      await this.abort()
      throw error
    }
    await this.#file.close()
    try {
      await rename(this.#temporary, this.#final)
      await syncFolder(this.#dir)
    } catch (error) {
      // The client is told to try again: the message must not stay as well.
      await rm(this.#temporary, { force: true })
      await rm(this.#final, { force: true })
      throw error
    }
  }

  /** Throws away what was written. */
  async abort(): Promise<void> {
    await this.#writes
    await this.#file.close()
    await rm(this.#temporary, { force: true })
  }
}

async function readHeader(file: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let position = 0; position < MAX_HEADER_OCTETS; ) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(16_384), 0, 16_384, position)
    const chunk = buffer.subarray(0, bytesRead)
    const end = chunk.indexOf(LF)
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end))
    if (end !== -1) return Buffer.concat(chunks)
    if (bytesRead === 0) break
    position += bytesRead
  }
  throw new Error('a message in the outbox has no envelope')
}

// The name of a file is durable only with its folder. Windows knows no such thing.
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

// A folder that is new is durable only with the one that it was made in.
async function makeFolder(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = dir; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

function heldState(file: string, error: unknown): DeliveryState {
  const reason = error instanceof Error ? error.message : String(error)
  return { ...NEW_STATE, nextAttemptAtMs: NEVER_MS, lastError: `${file} is damaged: ${reason}` }
}

function unknownEnvelope(id: string): Envelope {
  const options = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }
  return { sender: '', options, recipients: [], acceptedAtMs: Number.parseInt(id, 36) } // the id begins with the time
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function ignoreAbsent(error: unknown): string[] {
  if (isAbsent(error)) return []
  throw error
}
