import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../../../src/store/store.ts'
import { applyLocalChange } from '../../../src/sync/local/local-change.ts'
import { compose, type Story, type UserAction } from './story.ts'

const clock = () => Date.now()

/** The ids of items that were deleted, by the tags of their stories: they are restored by them. */
export type DeletedItems = ReadonlyMap<string, readonly number[]>

/** Somebody who uses Postern. */
export class User {
  readonly #store: Store
  readonly #scratchDir: string
  readonly #deleted: Map<string, readonly number[]>

  constructor(store: Store, scratchDir: string, deleted: DeletedItems) {
    this.#deleted = new Map(deleted)
    this.#store = store
    this.#scratchDir = scratchDir
  }

  /** What was deleted so far. */
  get deleted(): DeletedItems {
    return this.#deleted
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
      .sort((left, right) => left - right)
    return isFirstOnly ? found.slice(0, 1) : found
  }
}
