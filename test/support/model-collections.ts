import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PosternError } from '../../src/errors.ts'
import { Store } from '../../src/store/store.ts'
import type { SyncRun } from '../../src/sync/cycle.ts'
import { SyncEngine } from '../../src/sync/engine.ts'
import { applyLocalChange, type LocalChange, type LocalChangeResult } from '../../src/sync/local/local-change.ts'
import type { RemoteCollection } from '../../src/sync/objects/remote-collection.ts'
import type {
  CollectionKind,
  ListedCollection,
  NewCollection,
  RemoteCollections,
} from '../../src/sync/objects/remote-collections.ts'
import type { SyncResult } from '../../src/sync/progress.ts'
import type { ConnectMail } from '../../src/sync/remote.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../src/sync/settings.ts'
import { ModelCollection, ModelCollectionRemote } from './model/collection.ts'
import { Faults } from './model/faults.ts'
import { silentLogger } from './silent-logger.ts'
import { TestClock } from './store.ts'

/** A collection of the model server. */
export interface ServedCollection {
  readonly listed: ListedCollection
  readonly objects: ModelCollection
}

/** An account of calendars and address books in memory with its store: the real engine and store, no network. */
export class ModelCollectionsAccount implements Disposable {
  settings: SyncSettings = DEFAULT_SYNC_SETTINGS
  /** By href. */
  readonly served = new Map<string, ServedCollection>()
  account = 'ada'
  kinds: readonly CollectionKind[] = ['calendar', 'addressbook']
  /** What every question to the server fails with. */
  failure: PosternError | undefined
  /** Says whether a collection is listed that is made; throws where it cannot be made. */
  makes: ((collection: NewCollection) => boolean) | undefined
  /** Kills the process after so many transactions and questions of a run. */
  killsAfterStep: number | undefined
  #steps = 0
  /** What the reading of an object fails with. */
  readonly unreadable = new Map<string, PosternError>()
  /** Is told before objects are read. */
  onAsked: (() => void) | undefined
  /** The objects of each question. */
  readonly asked: (readonly string[])[] = []
  /** The mail server's side of the account. */
  connectMail: ConnectMail | undefined
  /** How often the server was connected to. */
  connections = 0
  readonly clock = new TestClock()
  readonly root = mkdtempSync(join(tmpdir(), 'postern-collections-'))
  readonly store = Store.open(join(this.root, 'store'), { clock: this.clock.now, log: silentLogger() })

  /** Makes a calendar on the server, or an address book where that is asked for; changes one that is there. */
  serve(href: string, facts: Partial<ListedCollection> = {}): ModelCollection {
    const none = { version: undefined, color: undefined, description: undefined, maxObjectOctets: undefined }
    const isAddressBook = facts.kind === 'addressbook'
    const components = isAddressBook ? [] : (['VEVENT'] as const)
    const listed = { ...none, kind: 'calendar' as const, href, name: href, components, isReadOnly: false, ...facts }
    const objects = this.served.get(href)?.objects ?? new ModelCollection()
    this.served.set(href, { listed, objects })
    return objects
  }

  /** Runs once. */
  async sync(run: Partial<SyncRun> = {}): Promise<SyncResult> {
    this.clock.ms += 60_000
    this.#steps = 0
    const engine = new SyncEngine({
      ...{ store: this.#guarded(), settings: this.settings, log: silentLogger(), clock: this.clock.now },
      connect: this.connectMail,
      collections: { connect: async () => this.connect(), account: this.account },
      importer: { digest: async () => [] },
    })
    const { signal } = new AbortController()
    return engine.run({ folders: [], scope: 'all', structure: 'also', onEvent: () => undefined, signal, ...run })
  }

  change(change: LocalChange): Promise<LocalChangeResult> {
    return applyLocalChange(this.store, change, this.clock.now)
  }

  /** The folders with the texts of what is in them. */
  seen(): Readonly<Record<string, readonly string[]>> {
    const { read } = this.store
    const texts = (id: number) => read.objects.list(id).map(({ octets }) => octets.toString())
    return Object.fromEntries(read.collections().map(({ id, path }) => [path, texts(id)]))
  }

  #guarded(): Store {
    const transact = (change: Parameters<Store['transact']>[0]) => {
      const result = this.store.transact(change)
      this.#step()
      return result
    }
    const { read } = this.store
    return { read, transact, transactRepeatable: transact } as unknown as Store // all that the engine uses of it
  }

  #step(): void {
    if (this.killsAfterStep !== undefined && ++this.#steps >= this.killsAfterStep) throw new Error('killed')
  }

  connect(): RemoteCollections {
    this.connections++
    const check = () => {
      if (this.failure) throw this.failure
    }
    return {
      list: async () => {
        check()
        this.#step()
        return { collections: [...this.served.values()].map(({ listed }) => listed), kinds: this.kinds }
      },
      create: async collection => {
        check()
        const { kind, segment, name, components } = collection
        const isListed = this.makes?.(collection) ?? true
        if (isListed && !this.served.has(`/${segment}/`)) {
          this.serve(`/${segment}/`, { kind, name, components: components as ListedCollection['components'] })
        }
        this.#step()
      },
      open: ({ href }) => {
        check()
        const objects = this.served.get(href)?.objects
        if (!objects) throw new PosternError('UPSTREAM_REFUSED', `no ${href}`, { remedy: 'user', advice: 'none' })
        const options = { ignoresPreconditions: false, tellsEtags: true, onRead: () => undefined }
        return this.#failing(new ModelCollectionRemote(objects, new Faults(() => 1), options))
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  #failing(remote: RemoteCollection): RemoteCollection {
    const read = remote.read.bind(remote)
    const account = this
    for (const name of ['changes', 'write', 'remove'] as const) {
      const ask = remote[name].bind(remote) as (...args: unknown[]) => Promise<unknown>
      const then = async (...args: unknown[]) => {
        if (account.failure) throw account.failure
        const answer = await ask(...args)
        account.#step()
        return answer
      }
      Object.assign(remote, { [name]: then })
    }
    remote.read = async function* (hrefs) {
      account.asked.push(hrefs)
      account.#step()
      account.onAsked?.()
      for await (const object of read(hrefs)) {
        const failure = account.unreadable.get(object.href)
        if (failure) throw failure
        yield object
      }
    }
    return remote
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]()
    rmSync(this.root, { recursive: true, force: true })
  }
}
