import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Store } from '../../../src/store/store.ts'
import { applyLocalChange } from '../../../src/sync/local-change.ts'
import { type Mailbox, makeEngine, SILENT } from './cycles.ts'
import { SecondClient } from './second-client.ts'
import { compose, FOLDERS, STORIES, type Story, type UserAction } from './stories.ts'

const clock = () => Date.now()

/** Makes the state that every run begins with: both sides in sync, then changed on each side, untold to the other. */
export async function prepareTemplate(mailbox: Mailbox, scratchDir: string): Promise<void> {
  await using other = await SecondClient.connect(mailbox.port, mailbox.user)
  for (const path of FOLDERS.early) await other.imap.mailboxCreate(path)
  for (const story of STORIES) for (const path of story.at ?? []) await other.append(path, story)
  using store = Store.open(mailbox.storeDir, { clock, log: SILENT })
  const cycle = makeEngine(mailbox, { store, clock })
  const user = new User(store, scratchDir)
  await cycle()
  for (const story of STORIES) if (story.early) await user.act(story, [story.early])
  await cycle()
  for (const change of FOLDERS.user) await applyLocalChange(store, change, clock)
  for (const story of STORIES) await user.act(story, story.user ?? [])
  const { created, renamed, deleted } = FOLDERS.server
  await other.imap.mailboxCreate(created)
  await other.act(STORIES.flatMap(story => (story.server ? [{ story, action: story.server }] : [])))
  await other.imap.mailboxRename(renamed[0], renamed[1])
  await other.imap.mailboxDelete(deleted)
}

/** Somebody who uses Postern. */
class User {
  readonly #store: Store
  readonly #scratchDir: string
  readonly #deleted = new Map<string, readonly number[]>()

  constructor(store: Store, scratchDir: string) {
    this.#store = store
    this.#scratchDir = scratchDir
  }

  async act(story: Story, actions: readonly UserAction[]): Promise<void> {
    let items = this.#itemsOf(story)
    for (const action of actions) {
      const { items: made } = await this.#apply(story, items, action)
      if (action.kind === 'add') items = made
    }
  }

  #apply(story: Story, items: readonly number[], action: UserAction) {
    const { tag } = story
    const change = (change: Parameters<typeof applyLocalChange>[1]) => applyLocalChange(this.#store, change, clock)
    if (action.kind === 'add') {
      const file = join(this.#scratchDir, `${tag}.eml`)
      writeFileSync(file, compose(story))
      return change({ kind: 'add', folder: action.folder, file, flags: action.flags ?? [] })
    }
    if (action.kind === 'flag')
      return change({ kind: 'flag', items, add: action.add ?? [], remove: action.remove ?? [] })
    if (action.kind === 'restore') return change({ kind: 'restore', items: this.#deleted.get(tag) ?? [] })
    if (action.kind === 'delete') {
      this.#deleted.set(tag, items)
      return change({ kind: 'delete', items, isPermanent: action.isPermanent === true })
    }
    return change({ kind: action.kind, items, folder: action.folder })
  }

  #itemsOf({ tag, isFirstOnly }: Story): readonly number[] {
    const found = this.#store.read
      .folders()
      .flatMap(({ id }) => [...this.#store.read.items(id)])
      .filter(({ subject }) => subject === `[${tag}]`)
      .map(({ id }) => id)
    return isFirstOnly ? found.slice(0, 1) : found
  }
}
