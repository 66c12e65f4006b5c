import t, { type Test } from 'tap'
import type { SyncResult } from '../../src/sync/progress.ts'
import { EngineBench } from '../support/engine.ts'
import { connectTo, startScriptedImap } from '../support/imap-script.ts'
import type { Poison } from '../support/model/server.ts'
import { type FetchRule, scriptedMailbox, scriptedMessage } from '../support/scripted-mailbox.ts'

const MESSAGES = 40

/** Runs until a run ends well with nothing left to download, a new process each time; gives the number of runs. */
async function runsUntilQuiet(bench: EngineBench, limit: number): Promise<number> {
  for (let runs = 1; runs <= limit; runs++) {
    const result = await bench.run().catch(() => undefined) // the connection was lost: that is what this is about
    const left = bench.store.read.counts(bench.store.read.getFolder('INBOX').id).queuedDownload
    if (result && left === 0) return runs
    bench.reopen()
  }
  throw new Error(`still downloading after ${limit} runs`)
}

async function scripted(t: Test, rule: FetchRule): Promise<EngineBench> {
  const server = await startScriptedImap(t, '* OK ready', scriptedMailbox(MESSAGES, rule))
  const bench = new EngineBench(t)
  bench.connect = () => connectTo(server)
  return bench
}

const ignoredOf = ({ store }: EngineBench) => store.read.incoming.ignored(undefined)

t.test('a message that makes the server drop the connection is found by halving; all others arrive', async t => {
  const fetched: number[] = []
  const bench = await scripted(t, (uid, socket) => {
    fetched.push(uid)
    if (uid !== 17) return undefined
    socket.destroy()
    return ''
  })
  await t.rejects(bench.run(), { code: 'UPSTREAM_LOST' }, 'nobody is suspected yet: it is the network’s fault')
  bench.reopen()
  t.match(await bench.run(), { errors: [{ folder: 'INBOX', code: 'UPSTREAM_LOST' }] }, 'told, and nothing else fails')
  bench.reopen()
  const runs = await runsUntilQuiet(bench, 12)
  t.equal(bench.items().length, MESSAGES - 1, 'all innocent ones are here')
  t.ok(bench.items().every(item => bench.text(item) === scriptedMessage(item.uid)))
  t.match(ignoredOf(bench), [{ folder: 'INBOX', uid: 17, stage: 'download', error: /connection was lost.*closed/ }])
  t.equal(ignoredOf(bench).length, 1)
  // 40 and 20 are done; 10, 5, 3, 2, then alone three times, and a run that ends well.
  t.ok(runs <= 8, `${runs} runs`)
  fetched.length = 0
  t.match(await bench.run(), { downloaded: 0, ignored: 1, errors: { length: 0 } })
  t.same(fetched, [], 'it is asked for no more')
})

t.test('a network that fails is not the fault of messages', async t => {
  let failures = 2
  const bench = await scripted(t, (uid, socket) => {
    if (uid !== 30 || failures-- <= 0) return undefined
    socket.destroy()
    return ''
  })
  await runsUntilQuiet(bench, 4)
  t.equal(bench.items().length, MESSAGES)
  t.same(ignoredOf(bench), [])
})

for (const [what, answer, error] of [
  ['refuses', 'TAG NO [SERVERBUG] cannot read it\r\n', /cannot read it/],
  ['answers without its octets', '', /sent nothing/],
] as const) {
  t.test(`a message that the server ${what} is ignored after three runs`, async t => {
    const bench = await scripted(t, uid => (uid === 17 ? answer : undefined))
    const results: SyncResult[] = []
    for (let run = 0; run < 3; run++) {
      results.push(await bench.run())
      t.equal(bench.items().length, MESSAGES - 1, 'the others arrive in the first run')
      t.equal(ignoredOf(bench).length, run === 2 ? 1 : 0)
      bench.reopen()
    }
    t.match(results, [{ errors: { length: 0 }, ignored: 0 }, { ignored: 0 }, { errors: { length: 0 }, ignored: 1 }])
    t.match(ignoredOf(bench), [{ uid: 17, stage: 'download', error }])
  })
}

t.test('a server that refuses everything refuses the folder, not its messages', async t => {
  let isIll = true
  const bench = await scripted(t, () => (isIll ? 'TAG NO mailbox is locked\r\n' : undefined))
  for (let run = 0; run < 12; run++) {
    t.match(await bench.run(), { downloaded: 0, errors: [{ folder: 'INBOX', code: 'UPSTREAM_REFUSED' }] })
  }
  t.same(ignoredOf(bench), [])
  isIll = false
  t.match(await bench.run(), { errors: { length: 0 } })
  t.equal(bench.items().length, MESSAGES)
})

t.test('a server that has no time now counts against nobody', async t => {
  let isBusy = true
  const bench = await scripted(t, uid => (uid === 40 && isBusy ? 'TAG NO [LIMIT] later\r\n' : undefined))
  for (let run = 0; run < 4; run++) t.match(await bench.run(), { errors: [{ code: 'UPSTREAM_REFUSED' }] })
  isBusy = false
  t.match(await bench.run(), { errors: { length: 0 } })
  t.equal(bench.items().length, MESSAGES)
})

t.test('what is ignored follows the server, and comes when the list is cleared and it can', async t => {
  const bench = new EngineBench(t)
  const poisons: Poison[] = ['missing', 'refused', 'lost']
  const uids = poisons.map(poison => {
    const uid = bench.add(poison)
    const message = bench.server.folder('INBOX').messages.get(uid)
    if (message) message.poison = poison
    return uid
  })
  const gone = bench.add('gone')
  const expunged = bench.server.folder('INBOX').messages.get(gone)
  if (expunged) expunged.poison = 'missing'
  bench.add('innocent')
  for (let run = 0; run < 12; run++) await bench.run().catch(() => undefined)
  t.equal(ignoredOf(bench).length, 4)
  t.match(bench.items(), [{ subject: 'innocent' }])

  bench.server.expunge('INBOX', gone)
  bench.server.store('INBOX', uids[0] ?? 0, ['\\Flagged'], [])
  t.match(await bench.run(), { errors: { length: 0 }, ignored: 3 })
  t.same(
    ignoredOf(bench).map(({ uid }) => uid),
    uids,
  )

  for (const message of bench.server.folder('INBOX').messages.values()) message.poison = undefined
  t.match(await bench.run(), { downloaded: 0, ignored: 3 }, 'not by itself')
  t.equal(
    bench.store.transact(({ incoming }) => incoming.clearIgnored(undefined)),
    3,
  )
  t.match(await bench.run(), { downloaded: 3, ignored: 0, errors: { length: 0 } })
  t.equal(bench.items().length, 4)
  t.match(
    bench.items().find(({ subject }) => subject === 'missing'),
    { flags: { bits: 4 } },
    'with its flags of now',
  )
  t.same(
    bench.items().map(({ localUid }) => localUid),
    bench
      .items()
      .map(({ localUid }) => localUid)
      .toSorted((left, right) => left - right),
  )
})

t.test('an upload that the server refused three times is on the list as well', async t => {
  const bench = new EngineBench(t)
  bench.add('there')
  await bench.run()
  const [item] = bench.items()
  const archive = bench.store.read.getFolder('Archive').id
  const copy = bench.store.transact(({ local }) => local.copy(item?.id ?? 0, archive))
  for (let attempt = 0; attempt < 3; attempt++) {
    bench.store.transact(({ push }) => push.appendFailed(copy, 'too ugly', false))
  }
  t.match(ignoredOf(bench), [{ folder: 'Archive', stage: 'upload', error: 'too ugly', item: copy, subject: 'there' }])
  t.match(bench.store.read.counts(archive), { ignored: 1, queuedUpload: 0 })
  t.match(await bench.run(), { uploaded: 0, ignored: 1 })
  bench.store.transact(({ incoming }) => incoming.clearIgnored(archive))
  t.same(ignoredOf(bench), [])
  t.match(await bench.run(), { uploaded: 1, ignored: 0, errors: { length: 0 } })
})
