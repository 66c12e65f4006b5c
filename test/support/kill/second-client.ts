import { hash } from 'node:crypto'
import { ImapFlow } from 'imapflow'
import { DOVECOT_PASSWORD } from '../dovecot.ts'
import { compose, type ServerAction, type Story } from './story.ts'

/** A message as a client sees it. */
export interface SeenMessage {
  readonly uid: number
  readonly tag: string
  readonly flags: readonly string[]
  readonly sha256: string
}

/** All that an account has, by folder. */
export type SeenAccount = ReadonlyMap<string, readonly SeenMessage[]>

/** An action on the message of a story. */
export interface StoryAction {
  readonly story: Story
  readonly action: ServerAction
}

/** The client of somebody else, on another machine. It shares no code with Postern. */
export class SecondClient implements AsyncDisposable {
  readonly #connect: () => Promise<ImapFlow>
  imap: ImapFlow

  private constructor(connect: () => Promise<ImapFlow>, imap: ImapFlow) {
    this.#connect = connect
    this.imap = imap
  }

  static async connect(port: number, user: string): Promise<SecondClient> {
    const connect = async () => {
      const auth = { user, pass: DOVECOT_PASSWORD }
      const imap = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
      imap.on('error', () => undefined) // told by the next command
      await imap.connect()
      return imap
    }
    return new SecondClient(connect, await connect())
  }

  /** Reads everything there is. */
  async see(): Promise<SeenAccount> {
    await this.#reconnect()
    const seen = new Map<string, readonly SeenMessage[]>()
    for (const { path } of await this.imap.list()) {
      const messages = await this.#unlessGone(path, () => this.#seeFolder(path))
      if (messages) seen.set(path, messages)
    }
    return seen
  }

  /** Acts on the messages of stories, wherever they are now; what is nowhere is left alone. */
  async act(actions: readonly StoryAction[]): Promise<void> {
    if (actions.length === 0) return
    const seen = await this.see()
    for (const { story, action } of actions) {
      if (action.kind === 'append') await this.append(action.folder, story)
      else {
        for (const [path, messages] of seen) {
          await this.#unlessGone(path, () => this.#actIn(path, uidsOf(messages, story), action))
        }
      }
    }
  }

  async append(folder: string, story: Story): Promise<void> {
    await this.#reconnect()
    await this.imap.append(folder, compose(story), [...(story.flags ?? [])], new Date(Date.UTC(2026, 2, 2, 10)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.imap.close() // what ends a case is told, not how its session ended
  }

  // Dovecot ends a session whose open folder is deleted, when it likes.
  async #reconnect(): Promise<void> {
    if (!this.imap.usable) this.imap = await this.#connect()
  }

  // What Postern sent before it was stopped may be done only now.
  async #unlessGone<Result>(path: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      const hasEnded = !this.imap.usable
      await this.#reconnect()
      if (!(await this.imap.list()).some(folder => folder.path === path)) return undefined
      if (!hasEnded) throw error
      return await work() // of another folder's end this one knows nothing
    }
  }

  async #actIn(path: string, uids: string, action: Exclude<ServerAction, { kind: 'append' }>): Promise<void> {
    if (uids === '' || (action.kind === 'move' && action.folder === path)) return
    await this.imap.mailboxOpen(path)
    const options = { uid: true }
    if (action.kind === 'move') await this.imap.messageMove(uids, action.folder, options)
    else if (action.kind === 'expunge') await this.imap.messageDelete(uids, options)
    else {
      if (action.add?.length) await this.imap.messageFlagsAdd(uids, [...action.add], options)
      if (action.remove?.length) await this.imap.messageFlagsRemove(uids, [...action.remove], options)
    }
  }

  async #seeFolder(path: string): Promise<readonly SeenMessage[]> {
    const { exists } = await this.imap.mailboxOpen(path, { readOnly: true })
    if (exists === 0) return []
    const messages = await this.imap.fetchAll('1:*', { uid: true, flags: true, source: true })
    // Of one that is expunged meanwhile there are flags without a source.
    return messages.flatMap(({ uid, flags, source }) =>
      source
        ? {
            uid,
            tag: tagOf(source),
            flags: [...(flags ?? [])].filter(flag => flag !== '\\Recent').sort(),
            sha256: hash('sha256', source),
          }
        : [],
    )
  }
}

/** The tag of the story whose message this is. */
export function tagOf(octets: Buffer | undefined): string {
  return /^Subject: \[(.*)\]/m.exec(octets?.toString('latin1', 0, 1000) ?? '')?.[1] ?? '(no tag)'
}

function uidsOf(messages: readonly SeenMessage[], { tag }: Story): string {
  return messages
    .filter(message => message.tag === tag)
    .map(({ uid }) => uid)
    .join(',')
}
