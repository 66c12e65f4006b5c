import t from 'tap'
import { explain } from '../../src/daemon/reading/story.ts'
import { packFlags } from '../../src/store/flags.ts'
import { EngineBench } from '../support/engine.ts'

const nothing = packFlags([])
const storyOf = (bench: EngineBench, wanted: Parameters<typeof explain>[1]) => explain(bench.store.read, wanted).matches
const texts = (bench: EngineBench, row: number) =>
  storyOf(bench, { row }).flatMap(({ story }) => story.map(({ text }) => text))

t.test('a message’s story is told from the server to where it is, newest last', async t => {
  const bench = new EngineBench(t)
  bench.add('letter')
  await bench.run()
  const [item] = bench.items()
  const row = item?.id ?? 0
  bench.clock.ms += 60_000
  bench.store.transact(({ local }) => local.setFlags(row, { add: packFlags(['\\Seen', '$Done']), remove: nothing }))
  t.match(storyOf(bench, { row }), [{ waitsFor: ['its flags to be told to the server'] }])
  await bench.run()
  bench.clock.ms += 60_000
  bench.server.store('INBOX', 1, ['\\Flagged'], ['\\Seen'])
  await bench.run()
  bench.clock.ms += 60_000
  bench.store.transact(({ local }) => local.move(row, bench.store.read.getFolder('Archive').id))
  t.match(storyOf(bench, { row }), [{ waitsFor: ['its move to Archive to be told to the server'] }])
  await bench.run()
  const [told] = storyOf(bench, { row })
  t.match(told, { row, messageId: '<letter@x>', subject: 'letter', state: 'item', waitsFor: { length: 0 } })
  t.same(told?.where, ['in Archive, number 1 on the server, unread'])
  t.same(
    told?.story.map(({ text }) => text),
    [
      'it was seen on the server, number 1 in INBOX',
      'it was downloaded',
      'it was imported: from then on it could be seen here',
      'its flags were changed here: +\\Seen +$Done',
      'the server was told of its flags',
      'its flags were changed on the server, by another client: +\\Flagged -\\Seen',
      'it was moved here, to be in Archive',
      'the server moved it as it was told as number 1 in Archive',
    ],
  )
  const times = told?.story.map(({ at }) => at) ?? []
  t.same(times, times.toSorted())
})

t.test('a deleted message has a story, and says by whom it was deleted', async t => {
  const bench = new EngineBench(t)
  for (const subject of ['here', 'there']) bench.add(subject)
  await bench.run()
  const [here, there] = bench.items().map(({ id }) => id)
  bench.store.transact(({ local }) => local.delete(here ?? 0, { isPermanent: true }))
  t.match(storyOf(bench, { row: here ?? 0 }), [
    { state: 'deleting', waitsFor: ['its deletion in INBOX to be told to the server'] },
  ])
  bench.server.expunge('INBOX', 2)
  await bench.run()
  t.match(storyOf(bench, { row: there ?? 0 }), [{ state: 'hidden', waitsFor: [/a whole run over all folders/] }])
  for (let run = 0; run < 2; run++) await bench.run()
  t.match(storyOf(bench, { row: here ?? 0 }), [
    { state: 'deleted', where: ['deleted here; it was in INBOX and can be restored'] },
  ])
  t.match(storyOf(bench, { row: there ?? 0 }), [{ where: [/^deleted on the server; it was in INBOX/] }])
  t.match(texts(bench, there ?? 0).slice(-2), [/the server stopped having it/, /by another client/])
})

t.test('a message that never came is explained by its Message-ID', async t => {
  const bench = new EngineBench(t)
  bench.add('first')
  await bench.run()
  t.match(explain(bench.store.read, { messageId: '<unheard@of>' }), {
    matches: { length: 0 },
    notes: ['No message with this Message-ID was seen here.'],
  })
  // What is appended under way makes PLAN ask for Message-IDs.
  const message = { uid: 7, flags: nothing, size: 9, internalDateMs: 0, messageId: '<slow@x>', emailId: undefined }
  const inbox = bench.store.read.getFolder('INBOX').id
  bench.store.transact(({ incoming }) => incoming.enqueue(inbox, 1, message))
  t.match(storyOf(bench, { messageId: '<slow@x>' }), [
    { row: null, state: 'queue', where: ['on the server in INBOX as number 7, waiting to be downloaded'] },
  ])
  for (let attempt = 0; attempt < 3; attempt++) {
    bench.clock.ms += 1000
    bench.store.transact(({ incoming }) => incoming.failDownload(inbox, 1, 7, 'the server sent nothing for it'))
  }
  const [ignored] = storyOf(bench, { messageId: '<slow@x>' })
  t.match(ignored, {
    state: 'ignored',
    where: [/^on the ignore list of INBOX as number 7 \(download: the server sent/],
  })
  t.match(ignored?.story, [
    { event: 'seen' },
    { event: 'download-failed' },
    { event: 'download-failed' },
    { text: /it was put on the ignore list as number 7 in INBOX after three failures/ },
  ])
})

t.test('what happened to a UID before it was an item belongs to the item, but not to its predecessor’s', async t => {
  const bench = new EngineBench(t)
  const uid = bench.add('late')
  const message = bench.server.folder('INBOX').messages.get(uid)
  if (message) message.poison = 'missing'
  await bench.run()
  bench.clock.ms += 1000
  if (message) message.poison = undefined
  await bench.run()
  const [item] = bench.items()
  t.match(texts(bench, item?.id ?? 0), [
    /seen on the server/,
    /^downloading it as number 1 in INBOX failed: the server sent nothing/,
    /it was downloaded/,
    /imported/,
  ])
})

t.test('twice: each message with the Message-ID tells how it came about', async t => {
  const bench = new EngineBench(t)
  bench.add('twin')
  await bench.run()
  const archive = bench.store.read.getFolder('Archive').id
  const [item] = bench.items()
  const copy = bench.store.transact(({ local }) => local.copy(item?.id ?? 0, archive))
  const { matches, notes } = explain(bench.store.read, { messageId: '<twin@x>' })
  t.match(notes, ['2 messages have this Message-ID: each has a story of its own.'])
  t.match(matches, [
    { row: item?.id },
    { row: copy, waitsFor: ['its upload to Archive'], story: [{ event: 'copied' }] },
  ])
})

t.test('headers, fetched bodies and held folders are told', async t => {
  const bench = new EngineBench(t)
  bench.add('stub')
  bench.settings = { ...bench.settings, downloadMode: 'headers' }
  await bench.run()
  const [item] = bench.items()
  const row = item?.id ?? 0
  t.match(storyOf(bench, { row }), [{ where: ['in INBOX, number 1 on the server, unread, its header only'] }])
  bench.clock.ms += 1000
  bench.settings = { ...bench.settings, downloadMode: 'full' }
  await bench.run()
  t.match(texts(bench, row).at(-1), /all of it was fetched/)
  bench.store.transact(transactor =>
    transactor.held.hold(bench.store.read.getFolder('INBOX').id, {
      code: 'SYNC_MASS_DELETION',
      message: 'much is gone',
    }),
  )
  t.same(explain(bench.store.read, { row }).notes, ['INBOX is held: much is gone'])
  t.same(explain(bench.store.read, { row: 99 }), { matches: [], notes: [] })
})
