import t, { type Test } from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import { EngineBench } from '../support/engine.ts'

const states = (bench: EngineBench) => bench.items().map(({ subject, bodyState }) => `${subject} ${bodyState}`)
const itemOf = (bench: EngineBench, subject: string) => {
  const item = bench.items().find(item => item.subject === subject)
  if (!item) throw new Error(`no item ${subject}`)
  return item
}

t.test('with headers, lists show everything of a message but its body', async t => {
  const bench = new EngineBench(t)
  bench.add('large', { octets: 5000, flags: ['\\Seen'] })
  bench.settings = { ...bench.settings, downloadMode: 'headers' }
  t.match(await bench.run(), { downloaded: 1, imported: 1, errors: { length: 0 } })
  const item = itemOf(bench, 'large')
  t.match(item, { size: 5000, bodyState: 'header', messageId: '<large@x>', flags: packFlags(['\\Seen']) })
  t.equal(bench.text(item), 'Message-ID: <large@x>\r\nSubject: large\r\n\r\n')
})

t.test('a higher threshold fetches what is missing by then, a lower one takes nothing away', async t => {
  const bench = new EngineBench(t)
  for (const [subject, octets] of Object.entries({ small: 500, middle: 5000, large: 50_000 }))
    bench.add(subject, { octets })
  const custom = (downloadThresholdMb: number) => {
    bench.settings = { ...bench.settings, downloadMode: 'custom', downloadThresholdMb }
    return bench.run()
  }
  t.match(await custom(0.001), { downloaded: 3 })
  t.same(states(bench), ['small full', 'middle header', 'large header'])
  const before = bench.items().map(({ id, localUid }) => ({ id, localUid }))
  t.match(await custom(0.01), { downloaded: 1, imported: 1, errors: { length: 0 } })
  t.same(states(bench), ['small full', 'middle full', 'large header'])
  t.match(await custom(0.001), { downloaded: 0 })
  t.same(states(bench), ['small full', 'middle full', 'large header'])
  t.match(await custom(1), { downloaded: 1, errors: { length: 0 } })
  t.same(states(bench), ['small full', 'middle full', 'large full'])
  t.match(bench.items(), before, 'under their ids')
  t.equal(bench.text(itemOf(bench, 'large')).length, 50_000)
})

t.test('what metered has left as headers comes when it is switched off', async t => {
  const bench = new EngineBench(t)
  bench.add('a')
  bench.settings = { ...bench.settings, metered: true }
  await bench.run()
  bench.add('b')
  await bench.run()
  t.same(states(bench), ['a header', 'b header'])
  bench.settings = { ...bench.settings, metered: false }
  t.match(await bench.run(), { downloaded: 2 })
  t.same(states(bench), ['a full', 'b full'])
})

t.test('a queue that waits is asked for as it is wanted when its turn comes', async t => {
  const bench = new EngineBench(t)
  const uid = bench.add('late', { octets: 3000 })
  const message = bench.server.folder('INBOX').messages.get(uid)
  if (message) message.poison = 'missing'
  await bench.run()
  if (message) message.poison = undefined
  bench.settings = { ...bench.settings, metered: true }
  await bench.run()
  t.same(states(bench), ['late header'])
})

t.test('keepDays lets the bodies of old mail go, unless they are flagged, changed or just asked for', async t => {
  const bench = new EngineBench(t)
  for (const subject of ['plain', 'flagged', 'changed', 'wanted']) {
    bench.add(subject, { octets: 4000, daysOld: 20, flags: subject === 'flagged' ? ['\\Flagged'] : [] })
  }
  bench.add('young', { octets: 4000 })
  await bench.run()
  const folder = bench.store.read.getFolder('INBOX').id
  const changed = itemOf(bench, 'changed').id
  bench.store.transact(({ incoming }) => incoming.bodies.want(itemOf(bench, 'wanted').id))
  bench.settings = { ...bench.settings, keepDays: 10 }
  // Changed while the run is going on: PUSH has told what was changed before.
  const bodies = bench.store.read.incoming.releasable({ folder, sinceMs: bench.clock.ms, after: 0 }, 100)
  t.equal(bodies.length, 2, 'neither the flagged one nor that which was asked for now')
  bench.store.transact(({ local }) => local.setFlags(changed, { add: packFlags(['\\Seen']), remove: packFlags([]) }))
  t.notOk(
    bench.store.read.incoming
      .releasable({ folder, sinceMs: bench.clock.ms, after: 0 }, 100)
      .some(({ item }) => item === changed),
  )
  await bench.run()
  t.same(states(bench), ['plain header', 'flagged full', 'changed header', 'wanted full', 'young full'])
  const plain = itemOf(bench, 'plain')
  t.equal(plain.size, 4000, 'its size is that of the message')
  t.equal(bench.text(plain), 'Message-ID: <plain@x>\r\nSubject: plain\r\n\r\n')

  bench.clock.ms += 11 * 86_400_000
  await bench.run()
  t.same(states(bench), ['plain header', 'flagged full', 'changed header', 'wanted header', 'young header'])
  bench.settings = { ...bench.settings, keepDays: 12 }
  await bench.run()
  t.equal(itemOf(bench, 'young').bodyState, 'full')
  bench.settings = { ...bench.settings, keepDays: 0 }
  await bench.run()
  t.ok(bench.items().every(({ bodyState, location }) => bodyState === 'full' && location.length === 4000))
})

t.test('a flag on old mail fetches its body', async t => {
  const bench = new EngineBench(t)
  bench.add('old', { daysOld: 20 })
  bench.settings = { ...bench.settings, keepDays: 10 }
  await bench.run()
  t.same(states(bench), ['old header'])
  bench.store.transact(({ local }) =>
    local.setFlags(itemOf(bench, 'old').id, { add: packFlags(['\\Flagged']), remove: packFlags([]) }),
  )
  await bench.run()
  t.same(states(bench), ['old full'])
})

t.test('a pause follows each item that is imported', async t => {
  const bench = new EngineBench(t)
  for (const subject of ['a', 'b', 'c']) bench.add(subject)
  bench.settings = { ...bench.settings, pauseMs: 250 }
  const pauses: number[] = []
  let atOnce = 0
  await bench.run({
    sleep: async ms => {
      pauses.push(ms)
      atOnce = Math.max(atOnce, bench.items().length - pauses.length)
    },
  })
  t.same(pauses, [250, 250, 250])
  t.equal(atOnce, 0, 'one item for each pause')
})

t.test('a header does what a message does, except where all of it is needed', async t => {
  const bench = await benchWithStub(t)
  const { id } = itemOf(bench, 'stub')
  const archive = bench.store.read.getFolder('Archive').id
  const needsBody = { code: 'STORE_HEADER_ONLY' }
  t.throws(() => bench.store.transact(({ local }) => local.copy(id, archive)), needsBody)
  bench.store.transact(({ local }) => local.setFlags(id, { add: packFlags(['\\Seen']), remove: packFlags([]) }))
  bench.store.transact(({ local }) => local.move(id, archive))
  await bench.run()
  t.same(bench.server.folder('INBOX').messages.size, 0)
  const [there] = [...bench.server.folder('Archive').messages.values()]
  t.ok(there?.flags.has('\\Seen'))
  t.equal(there?.octets.length, 3000, 'all of it is there')
  t.equal(bench.server.headersUploaded, 0)

  bench.store.transact(({ local }) => local.delete(id, { isPermanent: true }))
  bench.store.transact(({ undo }) => undo.restore(id))
  t.match(bench.items('Archive'), [{ id, bodyState: 'header' }], 'the server had not been told')
  bench.store.transact(({ local }) => local.delete(id, { isPermanent: true }))
  await bench.run()
  t.equal(bench.server.folder('Archive').messages.size, 0)
  t.throws(() => bench.store.transact(({ undo }) => undo.restore(id)), needsBody)
})

t.test('a folder is not deleted while the server alone has what was just moved out of it', async t => {
  const bench = await benchWithStub(t, 'Archive')
  const [stub] = bench.items('Archive')
  const inbox = bench.store.read.getFolder('INBOX').id
  bench.store.transact(({ local }) => local.move(stub?.id ?? 0, inbox))
  t.throws(() => bench.store.transact(({ folders }) => folders.delete('Archive')), { code: 'STORE_HEADER_ONLY' })
  await bench.run()
  t.equal(bench.server.folder('INBOX').messages.size, 1)
  bench.store.transact(({ folders }) => folders.delete('Archive'))
  t.match(bench.items(), [{ subject: 'stub' }])
})

async function benchWithStub(t: Test, path = 'INBOX'): Promise<EngineBench> {
  const bench = new EngineBench(t)
  bench.add('stub', { octets: 3000, path })
  bench.settings = { ...bench.settings, downloadMode: 'headers' }
  await bench.run()
  return bench
}
