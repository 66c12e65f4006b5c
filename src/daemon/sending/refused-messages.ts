import { join } from 'node:path'
import { z } from 'zod'
import { readIfPresent, replaceFile } from '../../config/private-file.ts'

const PRIVATE = 0o600
const MAX_KEPT = 100
const MAX_REASON_CHARACTERS = 500 // a server's reply may have megabytes
const TOLD_FOR_MS = 24 * 3_600_000 // whoever has not looked for a day finds the report in the Inbox

const kept = z.array(z.strictObject({ atMs: z.number(), recipients: z.number(), reason: z.string() }))

/** A message that the server did not take and never will. */
export type RefusedMessage = z.infer<typeof kept>[number]

/** What was refused for good lately, of one profile: a file beside its outbox. */
export class RefusedMessages {
  readonly #file: string
  #writes: Promise<void> = Promise.resolve()

  constructor(outboxDir: string, profile: number) {
    this.#file = join(outboxDir, String(profile), 'refused.json')
  }

  /** Those of the last day, oldest first. A damaged file counts as an empty one: the reports are in the Inbox. */
  async list(nowMs: number): Promise<readonly RefusedMessage[]> {
    const text = await readIfPresent(this.#file)
    if (text === undefined) return []
    const parsed = kept.safeParse(parseJson(text))
    return parsed.success ? parsed.data.filter(({ atMs }) => Math.abs(nowMs - atMs) < TOLD_FOR_MS) : []
  }

  /** Adds one; several at a time come after each other, so that none is lost. */
  add(message: RefusedMessage): Promise<void> {
    const write = this.#writes.then(() => this.#add(message))
    this.#writes = write.catch(() => undefined) // told to who adds
    return write
  }

  async #add({ atMs, recipients, reason }: RefusedMessage): Promise<void> {
    const message = { atMs, recipients, reason: reason.slice(0, MAX_REASON_CHARACTERS) }
    const all = [...(await this.list(atMs)), message].slice(-MAX_KEPT)
    await replaceFile(this.#file, `${JSON.stringify(all)}\n`, PRIVATE)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller takes it for damaged
  }
}
