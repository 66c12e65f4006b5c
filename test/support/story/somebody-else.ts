import { idOf, type StoryBook } from './book.ts'
import type { LocalSide } from './local-side.ts'
import type { OtherClient, ServerMessage } from './other-client.ts'
import { EXTRA_FOLDERS } from './user.ts'

interface Choice {
  readonly path: string
  readonly to: string
  readonly uid: number | undefined
  readonly flags: readonly [string, string]
}

/** Changes mail and folders on the server, as another mail program does. */
export class SomebodyElse {
  readonly #client: OtherClient
  readonly #book: StoryBook
  readonly #here: LocalSide

  constructor(client: OtherClient, book: StoryBook, here: LocalSide) {
    this.#client = client
    this.#book = book
    this.#here = here
  }

  async append(path: string): Promise<void> {
    const octets = this.#book.compose()
    this.#book.note('other', `appends to ${path}`, idOf(octets))
    await this.#client.append(path, octets).catch(error => {
      this.#book.doubt(idOf(octets))
      throw error
    })
  }

  async change(): Promise<void> {
    // Drawn before anything is waited for: the user draws from the same source meanwhile.
    const { random } = this.#book
    const [dice, draw, flags] = [random(), [random(), random(), random()], this.#book.twoFlags()]
    // A folder that Postern is deleting has a name of its own for a moment, and for nobody else.
    const isOurs = (path: string) => path === 'Drafts' || path.includes('(being deleted')
    const folders = (await this.#client.folders()).filter(path => !isOurs(path))
    const [path = 'INBOX', to = 'INBOX'] = draw.map(each => folders[Math.floor(each * folders.length)])
    const uids = await this.#client.uids(path).catch(() => []) // deleted by us meanwhile
    const uid = uids[Math.floor((draw[2] ?? 0) * uids.length)]
    try {
      await this.#do(dice, { path, to, uid, flags })
    } catch (error) {
      // Deleted, renamed or made by Postern meanwhile.
      if (
        !(error instanceof Error) ||
        !/Mailbox|NONEXISTENT|Command failed|Connection not available/i.test(String(error))
      )
        throw error
    }
  }

  async #do(dice: number, { path, to, uid, flags }: Choice): Promise<void> {
    if (dice < 0.25 || uid === undefined) await this.append(path)
    else if (dice < 0.5) await this.#client.flag(path, uid, ...flags)
    else if (dice < 0.65) await this.#move(path, uid, to)
    else if (dice < 0.75) await this.#copy(path, uid, to)
    else if (dice < 0.9) await this.#delete(path, uid)
    else if (dice < 0.95 && path === 'Other') await this.#renumber(path)
    else if (EXTRA_FOLDERS.includes(path)) await this.#deleteFolder(path)
    else await this.#createFolder('Projects')
  }

  async #renumber(path: string): Promise<void> {
    this.#book.noteFolder('other', `renumbers ${path}`)
    await this.#client.renumber(path)
  }

  async #createFolder(path: string): Promise<void> {
    this.#book.noteFolder('other', `makes ${path}`)
    await this.#client.createFolder(path)
  }

  async #move(path: string, uid: number, to: string): Promise<void> {
    const message = await this.#message(path, uid)
    if (!message) return
    this.#book.note('other', `moves from ${path} to ${to}`, idOf(message.octets))
    if (this.#here.isCopying(idOf(message.octets), to)) this.#book.mayMerge(idOf(message.octets))
    if (this.#here.isMoving(idOf(message.octets))) this.#book.mayDouble(idOf(message.octets))
    const isDone = await this.#client.move(path, String(uid), to).catch(error => {
      this.#book.mayBeCopied(idOf(message.octets))
      throw error
    })
    // When the target is renamed meanwhile Dovecot may say no and have copied it.
    if (!isDone) this.#book.mayBeCopied(idOf(message.octets))
  }

  async #copy(path: string, uid: number, to: string): Promise<void> {
    const message = await this.#message(path, uid)
    if (!message) return
    if (this.#here.isCopying(idOf(message.octets), to)) this.#book.mayMerge(idOf(message.octets))
    this.#book.note('other', `copies from ${path} to ${to}`, idOf(message.octets))
    const copies = await this.#client.copy(path, String(uid), to).catch(error => {
      if (!/Command failed/i.test(String(error))) this.#book.mayBeCopied(idOf(message.octets))
      throw error
    })
    if (copies > 0) this.#book.copied(idOf(message.octets))
    else this.#book.note('other', 'copies nothing', idOf(message.octets))
  }

  async #delete(path: string, uid: number): Promise<void> {
    const message = await this.#message(path, uid)
    if (message) this.#book.killed('other', `in ${path}`, idOf(message.octets))
    await this.#client.delete(path, uid)
  }

  async #deleteFolder(path: string): Promise<void> {
    // Under a name of its own: else Postern puts mail into it between our look and its end.
    const aside = `${path}-doomed`
    this.#book.noteFolder('other', `deletes ${path}`)
    await this.#client.renameFolder(path, aside)
    for (const { octets } of await this.#client.messages(aside))
      this.#book.killed('other', `with ${path}`, idOf(octets))
    await this.#client.deleteFolder(aside)
  }

  async #message(path: string, uid: number): Promise<ServerMessage | undefined> {
    return (await this.#client.messages(path)).find(each => each.uid === uid)
  }
}
