import { pino } from 'pino'
import type { Test } from 'tap'
import type { Store } from '../../src/store/store.ts'
import { type ServerChange, Watcher, type WatchState } from '../../src/sync/watch/watcher.ts'
import type { ImapAccount } from '../../src/upstream/imap/connection/session.ts'
import { connectWatch, type ImapWatchOptions } from '../../src/upstream/imap/watch/watch.ts'
import { type ScriptedImap, scriptedAccount, scriptedOptions } from './imap-script.ts'
import { storeWithInbox } from './store.ts'

/** What a watcher has told, to be waited for. */
export class Told<Value> {
  readonly #values: Value[] = []
  #wake: (() => void) | undefined
  #at = 0

  readonly push = (value: Value): void => {
    this.#values.push(value)
    this.#wake?.()
  }

  get count(): number {
    return this.#values.length
  }

  /** The next value that fits, behind the last one that did; the test's own timeout bounds the waiting. */
  async next(fits: (value: Value) => boolean = () => true): Promise<Value> {
    for (;;) {
      while (this.#at < this.#values.length) {
        const value = this.#values[this.#at++]
        if (value !== undefined && fits(value)) return value
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }
}

/** A watcher of a scripted server, with a store that knows INBOX and the given folders, all of them empty. */
export function watch(
  t: Test,
  server: Pick<ScriptedImap, 'port'>,
  given: Partial<ImapWatchOptions & Pick<ImapAccount, 'credentials'>> & {
    readonly folders?: readonly string[]
    readonly priorityFolders?: readonly string[]
    readonly yieldMs?: number
  } = {},
) {
  const { folders = [], priorityFolders = ['INBOX'], yieldMs = 60_000, ...options } = given
  const { store } = storeWithInbox(t)
  addFolders(store, folders)
  const [changes, states] = [new Told<ServerChange>(), new Told<WatchState>()]
  const watcher = new Watcher({
    store,
    connect: signal =>
      connectWatch(scriptedAccount(server.port, options), { ...scriptedOptions(), ...options }, signal),
    settings: { automaticFolders: ['*'], priorityFolders: [...priorityFolders] },
    onChange: changes.push,
    onState: states.push,
    log: pino({ level: 'silent' }),
    timing: { retryMinMs: 10, yieldMs },
  })
  watcher.start()
  t.teardown(() => watcher[Symbol.asyncDispose]())
  return { watcher, store, changes, states }
}

function addFolders(store: Store, paths: readonly string[]): void {
  const facts = { delimiter: '/', role: undefined, rights: undefined }
  store.transact(transactor => {
    for (const path of paths) transactor.putFolder({ path, isSelectable: true, isExcluded: false, ...facts })
  })
  store.transact(transactor => {
    for (const path of paths) {
      const position = { uidValidity: 1, uidNext: 1, highestModseq: 1n }
      transactor.setPosition(store.read.getFolder(path).id, position, true)
    }
  })
}
