import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { EngineClient } from '../../src/daemon/engine/engine-client.ts'
import type { RunObserver, RunOptions } from '../../src/daemon/runs/run.ts'
import { SyncRunner } from '../../src/daemon/runs/sync-runner.ts'
import { PosternError } from '../../src/errors.ts'
import { profilePaused } from '../../src/profile/pause.ts'
import type { Secrets } from '../../src/profile/secrets.ts'
import { SignInGuard } from '../../src/profile/sign-in-guard.ts'
import { COLLECTIONS, type SyncEvent, type SyncResult } from '../../src/sync/progress.ts'
import { DIRECT } from '../support/direct-ways.ts'
import { makeProfile } from '../support/scheduler-world.ts'
import { silentLogger } from '../support/silent-logger.ts'

const PROFILE = makeProfile()
const RESULT: SyncResult = { downloaded: 1, imported: 1, uploaded: 0, ignored: 0, conflicts: 0, errors: [] }
const failure = (code: string) => new PosternError(code, 'It failed.', { remedy: 'retry', advice: 'Wait.' })

type Run = EngineClient['run']

/** A runner whose engine is a function, with what its observer was told. */
async function makeRunner(t: Test, run: Run) {
  const signIns = await SignInGuard.open(join(t.testdir(), 'sign-ins.json'), silentLogger())
  const policies: (string | undefined)[] = []
  const runner = new SyncRunner({
    // All that runs need of it.
    engine: {
      run,
      fetch: (_request: unknown, _onEvent: unknown, signal: AbortSignal) => untilAborted(signal),
      reconnectWatchers: () => undefined,
    } as unknown as EngineClient,
    secrets: async () => ({ find: () => 'secret' }) as unknown as Secrets, // all that is asked of them
    ways: DIRECT,
    signIns,
    tokens: { retry: async () => undefined },
    onPolicy: async (_profile, text) => {
      policies.push(text)
      return text === undefined ? undefined : makeProfile({ metered: true })
    },
    log: silentLogger(),
  })
  t.teardown(() => runner[Symbol.asyncDispose]())
  const outcomes: string[] = []
  runner.observe({
    started: () => undefined,
    ended: (_profile, _run, outcome) => {
      outcomes.push(outcome.kind === 'failed' ? outcome.error.code : outcome.kind)
    },
  } satisfies RunObserver)
  return { runner, outcomes, policies, signIns }
}

function options(given: Partial<RunOptions> = {}): RunOptions {
  const signal = new AbortController().signal
  const what = { folders: [], scope: 'all', structure: 'also' } as const
  return { ...what, isExplicit: true, onEvent: () => undefined, signal, ...given }
}

/** A run that goes on until it is broken off, as the engine does it. */
function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(failure('DAEMON_STOPPING')), { once: true })
  return promise
}

t.test('a run over a dead connection begins anew, and who waits for it sees one run', async t => {
  let [runs, reconnects] = [0, 0]
  const begun = Promise.withResolvers<void>()
  const { runner, outcomes } = await makeRunner(t, (_request, _onEvent, signal) => {
    runs++
    begun.resolve()
    return runs === 1 ? untilAborted(signal) : Promise.resolve(RESULT)
  })
  const waiting = runner.run(PROFILE, options())
  await begun.promise
  runner.observe({ started: () => undefined, ended: () => undefined, reconnecting: () => void reconnects++ })
  runner.reconnect()
  t.equal(reconnects, 1, 'others with connections are told')
  t.same(await waiting, RESULT)
  t.equal(runs, 2)
  t.same(outcomes, ['done'])
})

t.test('a paused profile runs nothing; a pause breaks off what is under way and what waits', async t => {
  const begun = Promise.withResolvers<void>()
  const { runner, outcomes } = await makeRunner(t, (_request, _onEvent, signal) => {
    begun.resolve()
    return untilAborted(signal)
  })
  const runs = [runner.run(PROFILE, options()), runner.run(PROFILE, options())]
  await begun.promise
  runner.cancel(PROFILE, profilePaused(PROFILE))
  for (const run of runs) await t.rejects(run, { code: 'PROFILE_PAUSED', advice: /postern resume work/ })
  t.same(outcomes, ['stopped', 'stopped'], 'no failure')
  await t.rejects(runner.run(makeProfile({ paused: true }), options()), { code: 'PROFILE_PAUSED' })
  t.equal(runner.stateOf(PROFILE.number), 'idle')
})

t.test('progress is told to who asked; sign-ins and policies are not progress', async t => {
  const told: SyncEvent[] = []
  const { runner, policies } = await makeRunner(t, async (_request, onEvent) => {
    onEvent({ kind: 'signed-in' })
    onEvent({ kind: 'policy', text: 'version: 1' })
    onEvent({ kind: 'folder', path: 'INBOX' })
    return RESULT
  })
  await runner.run(PROFILE, options({ onEvent: event => void told.push(event) }))
  t.same(told, [{ kind: 'folder', path: 'INBOX' }])
  t.same(policies, ['version: 1'])
})

t.test('refused passwords are counted; a lost connection after the sign-in is none', async t => {
  const answers = ['refuse', 'accept', 'refuse', 'refuse', 'refuse']
  let asked = 0
  const { runner, outcomes } = await makeRunner(t, async (_request, onEvent) => {
    if (answers[asked++] === 'refuse') throw failure('UPSTREAM_SIGN_IN_REFUSED')
    onEvent({ kind: 'signed-in' })
    throw failure('UPSTREAM_LOST')
  })
  for (let time = 0; time < 8; time++) await t.rejects(runner.run(PROFILE, options()))
  t.equal(asked, 5, 'the third refusal in a row is the last attempt')
  const refused = 'UPSTREAM_SIGN_IN_REFUSED'
  const stopped = 'PROFILE_SIGN_IN_STOPPED'
  t.same(outcomes, [refused, 'UPSTREAM_LOST', refused, refused, stopped, stopped, stopped, stopped])
  await t.rejects(runner.run(PROFILE, options({ retrySignIn: true })), { code: 'UPSTREAM_LOST' })
})

t.test('a profile is removed behind its run, which is broken off, and nothing comes after', async t => {
  const order: string[] = []
  const begun = Promise.withResolvers<void>()
  const { runner } = await makeRunner(t, (_request, _onEvent, signal) => {
    begun.resolve()
    return untilAborted(signal).finally(() => order.push('run'))
  })
  const runs = [runner.run(PROFILE, options()), runner.run(PROFILE, options())]
  await begun.promise
  const removing = runner.retire(PROFILE, async () => void order.push('removed'))
  for (const run of runs) await t.rejects(run, { code: 'PROFILE_UNKNOWN' })
  await removing
  t.same(order, ['run', 'removed'])
  await t.rejects(runner.run(PROFILE, options()), { code: 'PROFILE_UNKNOWN' })
  await t.rejects(runner.change(PROFILE, { kind: 'createFolder', path: 'x' }), { code: 'PROFILE_UNKNOWN' })
  await t.rejects(runner.deliver(PROFILE, Buffer.alloc(1)), { code: 'PROFILE_UNKNOWN' })
})

t.test('a profile that could not be removed goes on', async t => {
  const { runner } = await makeRunner(t, async () => RESULT)
  const failing = runner.retire(PROFILE, () => Promise.reject(failure('CONFIG_UNWRITABLE')))
  await t.rejects(runner.run(PROFILE, options()), { code: 'PROFILE_UNKNOWN' })
  await t.rejects(failing, { code: 'CONFIG_UNWRITABLE' })
  t.same(await runner.run(PROFILE, options()), RESULT)
})

t.test('a policy that comes with a run counts for that run already, which begins anew once', async t => {
  const metered: boolean[] = []
  const { runner, outcomes } = await makeRunner(t, async ({ settings }, onEvent, signal) => {
    metered.push(settings.metered)
    onEvent({ kind: 'policy', text: `another one, ${metered.length}` })
    return metered.length === 1 ? untilAborted(signal) : RESULT
  })
  t.same(await runner.run(PROFILE, options()), RESULT)
  t.same(metered, [false, true])
  t.same(outcomes, ['done'])
})

t.test('a pause breaks off what is fetched on demand, too', async t => {
  const { runner } = await makeRunner(t, async () => RESULT)
  const { signal } = new AbortController()
  const fetching = runner.fetch(PROFILE, [1], { timeoutMs: 60_000, onProgress: () => undefined, signal })
  await new Promise(resolve => setImmediate(resolve)) // it has begun
  runner.cancel(PROFILE, profilePaused(PROFILE))
  await t.rejects(fetching, { code: 'PROFILE_PAUSED' })
})

t.test('a store is busy while something is done between two runs, or waits to be', async t => {
  const { runner } = await makeRunner(t, async () => RESULT)
  const { number } = PROFILE
  t.notOk(runner.isBusy(number))
  const work = Promise.withResolvers<string>()
  const done = runner.exclusively(PROFILE, () => work.promise)
  t.ok(runner.isBusy(number))
  work.resolve('done')
  t.equal(await done, 'done')
  t.notOk(runner.isBusy(number))
  await t.rejects(runner.exclusively(PROFILE, () => Promise.reject(failure('X'))))
  t.notOk(runner.isBusy(number))
})

t.test('a run that had nothing to ask the server says nothing of a refused password', async t => {
  let answer: 'refused' | 'nothing' | 'signed in' = 'refused'
  const { runner, signIns } = await makeRunner(t, async (_request, onEvent) => {
    if (answer === 'refused') throw failure('UPSTREAM_SIGN_IN_REFUSED')
    if (answer === 'signed in') onEvent({ kind: 'signed-in' })
    return RESULT
  })
  const run = (wanted: typeof answer) => {
    answer = wanted
    return runner.run(PROFILE, options()).catch(error => (error as PosternError).code)
  }
  const codes: unknown[] = []
  for (const wanted of ['refused', 'nothing', 'refused', 'nothing', 'refused'] as const) codes.push(await run(wanted))
  t.equal(codes.at(-1), 'PROFILE_SIGN_IN_STOPPED', 'three refusals are three, whatever lies between')
  await signIns.clear(PROFILE.number)
  await run('refused')
  await run('refused')
  t.same(await run('signed in'), RESULT)
  t.equal(await run('refused'), 'UPSTREAM_SIGN_IN_REFUSED', 'a password that was taken is right')
})

t.test('a password that the server of calendars refuses is tried three times, and mail goes on', async t => {
  const both = makeProfile({ dav: 'https://dav.example.test/' })
  const asked: boolean[] = []
  const refused = { folder: COLLECTIONS, code: 'UPSTREAM_SIGN_IN_REFUSED', message: 'It is wrong.' }
  const { runner, signIns } = await makeRunner(t, async ({ collections }, onEvent) => {
    asked.push(collections !== undefined)
    onEvent({ kind: 'signed-in' })
    return collections ? { ...RESULT, errors: [refused] } : RESULT
  })
  const codes: (string | undefined)[] = []
  for (let run = 0; run < 5; run++) codes.push((await runner.run(both, options())).errors[0]?.code)
  t.same(asked, [true, true, true, false, false])
  t.same(codes, [...Array(2).fill('UPSTREAM_SIGN_IN_REFUSED'), ...Array(3).fill('PROFILE_SIGN_IN_STOPPED')])
  await signIns.clear(both.number, ['collections'])
  await runner.run(both, options())
  t.equal(asked.at(-1), true, 'another password is tried')
})
