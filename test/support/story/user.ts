import { packFlags } from '../../../src/store/flags.ts'
import type { FolderRow, ItemRow } from '../../../src/store/rows.ts'
import { pick } from '../model/random.ts'
import { idOf, type StoryBook } from './book.ts'
import type { LocalSide } from './local-side.ts'

/** Folders that come and go. */
export const EXTRA_FOLDERS = ['Projects', 'Gärten & Beete', 'Archive/2026', 'Neu']

/** Changes mail and folders here, as the user of Postern does. */
export class StoryUser {
  readonly #here: LocalSide
  readonly #book: StoryBook

  constructor(here: LocalSide, book: StoryBook) {
    this.#here = here
    this.#book = book
  }

  /** Says that it is right what folders are held for: somebody else has renumbered one, or emptied it. */
  acceptHeld(): void {
    const { store } = this.#here
    for (const { id, state } of store.read.folders()) {
      if (state === 'paused') store.transact(({ held }) => void held.resume(id, 'accept'))
    }
  }

  /** Has what was given up tried again: three connections that end while a message comes alone count against it. */
  clearIgnored(): void {
    this.#here.store.transact(({ incoming }) => void incoming.clearIgnored(undefined))
  }

  async change(): Promise<void> {
    const { random } = this.#book
    const { read } = this.#here.store
    const folders = read.folders().filter(({ isSelectable, isExcluded }) => isSelectable && !isExcluded)
    const folder = pick(random, folders)
    const item = pick(
      random,
      folders.flatMap(({ id }) => [...read.items(id)]),
    )
    const dice = random()
    if (!folder) return
    if (dice < 0.3 || !item) await this.#add(folder)
    else if (dice < 0.9) this.#changeItem(item, folder)
    else this.#changeFolder(folders)
  }

  async #add(folder: FolderRow): Promise<void> {
    const octets = this.#book.compose()
    this.#book.note('user', `adds to ${folder.path}`, idOf(octets))
    await this.#here.add(folder.id, octets, this.#book.random() < 0.5 ? ['\\Seen'] : [])
  }

  #changeItem(item: ItemRow, target: FolderRow): void {
    const dice = this.#book.random()
    const [add, remove] = this.#book.twoFlags()
    const id = idOf(item.subject)
    this.#here.store.transact(({ local }) => {
      if (dice < 0.45) {
        local.setFlags(item.id, { add: packFlags([add]), remove: packFlags(remove === add ? [] : [remove]) })
      } else if (dice < 0.7) {
        this.#book.note('user', `moves to ${target.path}`, id)
        local.move(item.id, target.id)
      } else if (dice < 0.8) {
        this.#book.note('user', `copies to ${target.path}`, id)
        this.#book.copied(id)
        local.copy(item.id, target.id)
      } else if (local.delete(item.id, { isPermanent: dice >= 0.9 }) === 'deleted') {
        this.#book.killed('user', 'for good', id)
      } else {
        this.#book.note('user', 'moves to the Trash', id)
      }
    })
  }

  #changeFolder(folders: readonly FolderRow[]): void {
    const { random } = this.#book
    const folder = pick(
      random,
      folders.filter(({ path }) => EXTRA_FOLDERS.includes(path)),
    )
    const path = pick(
      random,
      EXTRA_FOLDERS.filter(path => !folders.some(each => each.path === path)),
    )
    const dice = random()
    const { store } = this.#here
    if ((!folder || dice < 0.5) && path) {
      this.#book.noteFolder('user', `makes ${path}`)
      store.transact(transactor => void transactor.folders.create(path))
    } else if (folder && path && dice < 0.75) {
      this.#book.noteFolder('user', `renames ${folder.path} to ${path}`)
      store.transact(({ folders }) => folders.rename(folder.path, path))
    } else if (folder) this.#deleteFolder(folder)
  }

  #deleteFolder({ id, path }: FolderRow): void {
    const { store } = this.#here
    this.#book.noteFolder('user', `deletes ${path}`)
    for (const { subject } of store.read.items(id)) this.#book.killed('user', `with ${path}`, idOf(subject))
    store.transact(transactor => void transactor.folders.delete(path))
  }
}
