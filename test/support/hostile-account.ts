import type { Test } from 'tap'
import { PosternError } from '../../src/errors.ts'
import { unpackFlags } from '../../src/store/flags.ts'
import type { SyncSettings } from '../../src/sync/settings.ts'
import { SpoiledImap } from './spoiled-imap.ts'
import { LocalSide } from './story/local-side.ts'

const SILENCE_MS = 300

/** How a run ended: `ok`, the codes of the folders that failed, or the code of what ended it. */
export type Outcome = string

/** The real engine and store on an account whose server can be spoiled. */
export class HostileAccount {
  readonly imap: SpoiledImap
  readonly here: LocalSide

  private constructor(imap: SpoiledImap, here: LocalSide) {
    this.imap = imap
    this.here = here
  }

  /** Starts with five messages in INBOX and two in Archive, all of them here already. */
  static async start(t: Test, capabilities: string, settings: Partial<SyncSettings> = {}): Promise<HostileAccount> {
    const imap = await SpoiledImap.start(t)
    imap.capabilities = `LITERAL+ UIDPLUS ${capabilities}`
    for (const subject of ['one', 'two', 'three', 'four', 'five']) imap.add('INBOX', subject, ['\\Seen'])
    for (const subject of ['old', 'older']) imap.add('Archive', subject)
    const here = new LocalSide({ port: imap.port, user: 'ada', password: 'secret', settings })
    t.teardown(() => here[Symbol.dispose]())
    const account = new HostileAccount(imap, here)
    t.equal(await account.sync(), 'ok')
    return account
  }

  /** Runs once. What is not expected of a server, however bad, is a bug and thrown. */
  async sync(silenceMs = 10_000): Promise<Outcome> {
    try {
      const { errors } = await this.here.sync(silenceMs)
      return errors.length === 0 ? 'ok' : [...new Set(errors.map(({ code }) => code))].join()
    } catch (error) {
      if (error instanceof PosternError) return error.code
      throw error
    }
  }

  /** Runs once with a server that does not give its honest answers. */
  async syncSpoiled(spoil: SpoiledImap['spoil']): Promise<Outcome> {
    this.imap.spoil = spoil
    try {
      return await this.sync(SILENCE_MS)
    } finally {
      this.imap.spoil = () => undefined
    }
  }

  /** Makes something new on the server and here, for the next run to carry. */
  async change(): Promise<void> {
    this.imap.add('INBOX', 'six')
    const message = this.imap.folder('INBOX').messages.get(2)
    if (message) message.flags = ['\\Flagged']
    this.imap.modseq++
    const inbox = this.here.store.read.getFolder('INBOX')
    await this.here.add(inbox.id, Buffer.from('Message-ID: <mine@x>\r\nSubject: mine\r\n\r\nmine\r\n'), [])
    const [first] = this.here.store.read.items(inbox.id)
    this.here.store.transact(({ local }) =>
      local.setFlags(first?.id ?? 0, { add: { bits: 2, keywords: '' }, remove: { bits: 0, keywords: '' } }),
    )
  }

  /** What the store has of a folder: UID, flags and octets. */
  local(path: string): string[] {
    const { read } = this.here.store
    const items = [...read.items(read.getFolder(path).id)]
    return items
      .map(
        ({ uid, flags, location }) =>
          `${uid} (${unpackFlags(flags).sort()}) ${Buffer.concat([...read.body(location)])}`,
      )
      .sort()
  }

  /** The same of the server. */
  remote(name: string): string[] {
    const messages = [...this.imap.folder(name).messages]
    return messages.map(([uid, { text, flags }]) => `${uid} (${flags.toSorted()}) ${text}`).sort()
  }

  /** The items of a folder by their ids and subjects. */
  items(path: string): string[] {
    const { read } = this.here.store
    return [...read.items(read.getFolder(path).id)].map(({ id, subject }) => `${id} ${subject}`)
  }
}
