import t from 'tap'
import type { EngineObserver } from '../../src/daemon/engine/engine-client.ts'
import type { WatchRequest } from '../../src/daemon/engine/engine-protocol.ts'
import type { RunOptions, RunOutcome } from '../../src/daemon/runs/run.ts'
import { Watchers } from '../../src/daemon/runs/watchers.ts'
import { PosternError } from '../../src/errors.ts'
import type { Profile } from '../../src/profile/profiles.ts'
import type { Secrets } from '../../src/profile/secrets.ts'
import type { ServerChange, WatchState } from '../../src/sync/watch/watcher.ts'
import { DIRECT } from '../support/direct-ways.ts'
import { makeProfile } from '../support/scheduler-world.ts'
import { silentLogger } from '../support/silent-logger.ts'

const RUN = {} as RunOptions // nothing of it matters here
const DONE: RunOutcome = {
  kind: 'done',
  result: { downloaded: 0, imported: 0, uploaded: 0, ignored: 0, conflicts: 0, errors: [] },
}
const REFUSED: WatchState = { kind: 'stopped', folders: 0, error: { code: 'UPSTREAM_SIGN_IN_REFUSED', message: 'no' } }

function failed(code: string, remedy: 'retry' | 'user'): RunOutcome {
  return { kind: 'failed', error: new PosternError(code, 'It failed.', { remedy, advice: 'Wait.' }) }
}

/** Watchers of one profile, with an engine that notes what it is told. */
class World {
  profile: Profile = makeProfile()
  password = 'secret'
  refusals = 0
  nowMs = 0
  readonly engine: string[] = []
  readonly changes: ServerChange[] = []
  readonly watchers: Watchers
  observer: EngineObserver | undefined

  constructor() {
    this.watchers = new Watchers({
      profiles: { list: () => [this.profile] },
      engine: {
        watch: async ({ password }: WatchRequest) => void this.engine.push(`watch ${password}`),
        unwatch: () => void this.engine.push('unwatch'),
        observe: observer => {
          this.observer = observer
        },
      },
      secrets: async () => ({ find: () => this.password }) as unknown as Secrets, // all that is asked of them
      ways: DIRECT,
      log: silentLogger(),
      onChange: (_profile, change) => void this.changes.push(change),
      clock: () => this.nowMs,
      onRefused: () => void this.refusals++,
    })
  }

  /** Ends a run, and gives what the engine was told by that. */
  async ended(outcome: RunOutcome): Promise<string[]> {
    this.watchers.ended(this.profile, RUN, outcome)
    return this.told()
  }

  /** Changes settings, and gives what the engine was told by that. */
  async set(settings: Partial<Profile>): Promise<string[]> {
    this.profile = { ...this.profile, ...settings }
    this.watchers.reconsider(this.profile)
    return this.told()
  }

  async told(): Promise<string[]> {
    await new Promise(resolve => setImmediate(resolve))
    return this.engine.splice(0)
  }
}

t.test('a profile is watched from its first run that ended well', async t => {
  const world = new World()
  t.same(await world.set({ downloadMode: 'headers' }), [], 'nobody knows whether the password is right')
  t.same(await world.ended(failed('UPSTREAM_SIGN_IN_REFUSED', 'user')), [])
  t.same(await world.ended(DONE), ['watch secret'])
  t.same(await world.ended(DONE), [], 'it is watched')
  t.same(await world.ended(failed('UPSTREAM_LOST', 'retry')), [], 'the watcher helps itself')
  world.observer?.changed(1, { paths: ['INBOX'], structure: false })
  t.same(world.changes, [{ paths: ['INBOX'], structure: false }])
  t.same(await world.ended(failed('UPSTREAM_SIGN_IN_REFUSED', 'user')), ['unwatch'])
  world.observer?.changed(1, { paths: ['INBOX'], structure: false })
  t.equal(world.changes.length, 1, 'what comes late from the engine is heard no more')
})

t.test('settings end it and begin it', async t => {
  const world = new World()
  await world.ended(DONE)
  for (const off of [{ watch: false }, { metered: true }, { paused: true }, { useOutlookSettings: true }]) {
    const on = Object.fromEntries(Object.entries(off).map(([key, value]) => [key, !value]))
    t.same(await world.set(off), ['unwatch'], JSON.stringify(off))
    t.same(await world.ended(DONE), [])
    t.same(await world.set(on), ['watch secret'], JSON.stringify(on))
  }
  t.same(await world.set({ priorityFolders: ['*'] }), ['watch secret'], 'with other folders')
  t.same(await world.set({ showProgress: false }), [], 'what is none of its business')
})

t.test('another password is tried by a run first', async t => {
  const world = new World()
  await world.ended(DONE)
  world.password = 'new'
  world.watchers.forget(world.profile)
  t.same(await world.told(), ['unwatch'])
  t.same(await world.set({ pauseMs: 1 }), [])
  t.same(await world.ended(DONE), ['watch new'])
})

t.test('a new engine watches what the old one did, but for what was refused', async t => {
  const world = new World()
  await world.ended(DONE)
  world.observer?.exited()
  t.same(await world.told(), ['watch secret'])
  world.observer?.watching(1, REFUSED)
  t.equal(world.refusals, 1)
  t.match(world.watchers.stateOf(world.profile), REFUSED)
  world.observer?.exited()
  t.same(await world.told(), [])
  t.same(await world.ended(DONE), [], 'nor after a run')
  world.nowMs += 3_700_000
  t.same(await world.ended(DONE), ['watch secret'], 'but an hour later')
  world.observer?.watching(1, { ...REFUSED, error: { code: 'TLS_UNTRUSTED', message: 'no' } })
  t.same(await world.ended(DONE), ['watch secret'], 'what was in the way is there no more')
  world.observer?.closed(1)
  t.same(await world.ended(DONE), ['watch secret'], 'a store that was closed is watched when it is open again')
  world.watchers[Symbol.dispose]()
  world.observer?.exited()
  t.same(await world.told(), [], 'an ending daemon begins nothing')
})
