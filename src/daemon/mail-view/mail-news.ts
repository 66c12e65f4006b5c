import type { AccountNews } from '../../imap/backend.ts'
import type { Logger } from '../../log/logger.ts'
import type { EngineObserver } from '../engine/engine-client.ts'
import { type Readers, readOne } from '../reading/readers.ts'

type Listener = (news: AccountNews) => void

/** A profile, and the folder of its store. */
export interface FollowedProfile {
  readonly number: number
  readonly dir: string
}

interface Followed {
  readonly dir: string
  readonly listeners: Set<Listener>
  /** The last that was told; undefined until the first look has been taken. */
  known: { readonly modseq: number; readonly listing: string } | undefined
  isLooking: boolean
  isStale: boolean
}

/** Finds out which mailboxes have changed whenever the engine has written, for profiles that somebody has open. */
export class MailNews implements EngineObserver {
  readonly #readers: Readers
  readonly #log: Logger
  readonly #followed = new Map<number, Followed>()

  constructor(readers: Readers, log: Logger) {
    this.#readers = readers
    this.#log = log
  }

  /** Tells of what changes from now on, until the result is disposed of. */
  follow({ number, dir }: FollowedProfile, listener: Listener): Disposable {
    const followed = this.#followed.get(number) ?? {
      ...{ dir, listeners: new Set<Listener>(), known: undefined, isLooking: false, isStale: false },
    }
    this.#followed.set(number, followed)
    followed.listeners.add(listener)
    if (!followed.known) void this.#look(followed)
    return {
      [Symbol.dispose]: () => {
        followed.listeners.delete(listener)
        if (followed.listeners.size === 0) this.#followed.delete(number)
      },
    }
  }

  committed(profile: number): void {
    const followed = this.#followed.get(profile)
    if (followed) void this.#look(followed)
  }

  changed(): void {
    // Of the server: what of it arrives is committed.
  }

  watching(): void {
    // No news of mail.
  }

  exited(): void {
    // What it had written was told before, or is found with the next news.
  }

  closed(profile: number): void {
    const followed = this.#followed.get(profile)
    // Another store may come in its place: everything may be another one.
    if (followed) followed.known = undefined
  }

  async #look(followed: Followed): Promise<void> {
    followed.isStale = true
    if (followed.isLooking) return
    followed.isLooking = true
    try {
      while (followed.isStale) {
        followed.isStale = false
        await this.#tell(followed)
      }
    } catch (error) {
      this.#log.error({ err: error }, 'changes of a store could not be read')
    } finally {
      followed.isLooking = false
    }
  }

  async #tell(followed: Followed): Promise<void> {
    const { dir, known, listeners } = followed
    const { modseq, folders, listing } = await readOne(this.#readers, 'mailboxNews', { dir, since: known?.modseq ?? 0 })
    followed.known = { modseq, listing }
    const tell = (news: AccountNews) => {
      for (const listener of listeners) listener(news)
    }
    // Those who began to listen before the first look had read what was there.
    for (const mailbox of folders) tell({ kind: 'mailbox', mailbox })
    if (known?.listing !== listing) tell({ kind: 'mailboxes' })
  }
}
