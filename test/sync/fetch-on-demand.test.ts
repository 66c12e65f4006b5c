import t, { type Test } from 'tap'
import { PosternError } from '../../src/errors.ts'
import { BodyFetcher, type FetchProgress } from '../../src/sync/download/body-fetcher.ts'
import type { ConnectMail } from '../../src/sync/remote.ts'
import { EngineBench } from '../support/engine.ts'

/** An INBOX of headers, and fetching from it; `connects` counts the connections. */
class Demand {
  readonly bench: EngineBench
  readonly fetcher = new BodyFetcher()
  connects = 0
  /** Done on each connection before anything is asked. */
  onConnect: () => void = () => undefined

  constructor(bench: EngineBench) {
    this.bench = bench
  }

  static async of(t: Test, subjects: readonly string[]): Promise<Demand> {
    const bench = new EngineBench(t)
    for (const subject of subjects) bench.add(subject, { octets: 3000 })
    bench.settings = { ...bench.settings, downloadMode: 'headers' }
    await bench.run()
    return new Demand(bench)
  }

  id(subject: string, path = 'INBOX'): number {
    const item = this.bench.items(path).find(item => item.subject === subject)
    if (!item) throw new Error(`no item ${subject}`)
    return item.id
  }

  fetch(
    items: readonly number[],
    { signal = new AbortController().signal, onProgress = (_: FetchProgress): void => undefined } = {},
  ) {
    const { store, importer } = this.bench
    const context = { store, importer, connect: this.connect, onSignedIn: () => undefined }
    return this.fetcher.fetch(context, items, { onProgress, signal })
  }

  connect: ConnectMail = async signal => {
    this.connects++
    this.onConnect()
    return this.bench.connect(signal)
  }
}

t.test('all of a message comes when it is wanted, durable, and stays', async t => {
  const demand = await Demand.of(t, ['a', 'b'])
  const { bench } = demand
  const progress: FetchProgress[] = []
  const [a, b] = [demand.id('a'), demand.id('b')]
  t.same(await demand.fetch([a], { onProgress: each => progress.push(each) }), {
    fetched: [a],
    already: [],
    errors: [],
  })
  t.match(progress.at(-1), { octets: 3000, total: 3000 })
  bench.reopen()
  const [item, other] = bench.items()
  t.match(item, { id: a, bodyState: 'full', size: 3000 })
  t.equal(item && bench.text(item).length, 3000)
  t.equal(other?.bodyState, 'header')
  t.same(await demand.fetch([a, b]), { fetched: [b], already: [a], errors: [] })
  t.match(await bench.run(), { downloaded: 0, errors: { length: 0 } })
  t.ok(bench.items().every(({ bodyState }) => bodyState === 'full'))
})

t.test('who wants the same at the same time shares one fetch', async t => {
  const demand = await Demand.of(t, ['a'])
  const id = demand.id('a')
  const results = await Promise.all([demand.fetch([id]), demand.fetch([id, id]), demand.fetch([id])])
  for (const result of results) t.same(result, { fetched: [id], already: [], errors: [] })
  t.equal(demand.connects, 1)
})

t.test('it does not wait for the run under way, and both keep what they bring', async t => {
  const demand = await Demand.of(t, ['a', 'b', 'c'])
  const { bench } = demand
  bench.settings = { ...bench.settings, downloadMode: 'full' }
  const id = demand.id('b')
  // Inside the run: a connection of its own, and a pack of its own.
  let fetched: unknown
  const connect = bench.connect
  bench.connect = async signal => {
    const remote = await connect(signal)
    const examine = remote.examine.bind(remote)
    remote.examine = async (...args) => {
      const selected = await examine(...args)
      const download = selected.download.bind(selected)
      selected.download = async (next, sink) => {
        bench.connect = connect
        fetched = await demand.fetch([id])
        return download(next, sink)
      }
      return selected
    }
    return remote
  }
  t.match(await bench.run(), { errors: { length: 0 } })
  t.match(fetched, { fetched: [id], errors: { length: 0 } })
  bench.reopen()
  t.same(
    bench.items().map(item => [item.subject, item.bodyState, bench.text(item).length]),
    ['a', 'b', 'c'].map(subject => [subject, 'full', 3000]),
  )
})

t.test('a message that was moved meanwhile is fetched from where it is', async t => {
  const demand = await Demand.of(t, ['a'])
  const { bench } = demand
  const id = demand.id('a')
  const [inbox, archive] = ['INBOX', 'Archive'].map(path => bench.store.read.getFolder(path).id)
  const examine = bench.connect
  bench.connect = async signal => {
    const remote = await examine(signal)
    bench.connect = examine
    // The run under way tells the server of a move just now.
    const uid = bench.server.move('INBOX', 1, 'Archive') ?? 0
    bench.store.transact(({ local, push }) => {
      local.move(id, archive ?? 0)
      push.moveStarted(id, archive ?? 0, undefined)
      push.moved(id, { uidValidity: 1, uid }, false)
    })
    return remote
  }
  t.not(inbox, archive)
  t.match(await demand.fetch([id]), { fetched: [id], errors: { length: 0 } })
  t.match(bench.items('Archive'), [{ id, bodyState: 'full' }])
})

t.test('what cannot be fetched is told, and the others come', async t => {
  const demand = await Demand.of(t, ['gone', 'here'])
  const [gone, here] = [demand.id('gone'), demand.id('here')]
  demand.bench.server.expunge('INBOX', 1)
  t.match(await demand.fetch([gone, here, 999]), {
    fetched: [here],
    errors: [
      { item: 999, code: 'STORE_NO_SUCH_ITEM' },
      { item: gone, code: 'SYNC_BODY_GONE' },
    ],
  })
  demand.bench.add('new')
  await demand.bench.run()
  demand.bench.server.renumber('INBOX')
  const fresh = demand.id('new')
  t.match(await demand.fetch([fresh]), { errors: [{ item: fresh, code: 'SYNC_BODY_UNREACHABLE' }] })
})

t.test('a folder that the server does not open keeps nothing of others', async t => {
  const bench = new EngineBench(t)
  for (const path of ['INBOX', 'Archive']) bench.add(`of ${path}`, { path })
  bench.settings = { ...bench.settings, downloadMode: 'headers' }
  await bench.run()
  const demand = new Demand(bench)
  const [refused, open] = [demand.id('of INBOX'), demand.id('of Archive', 'Archive')]
  const { connect } = bench
  bench.connect = async signal => {
    const remote = await connect(signal)
    const examine = remote.examine.bind(remote)
    remote.examine = async (path, cursor) => {
      if (path !== 'INBOX') return examine(path, cursor)
      throw new PosternError('UPSTREAM_REFUSED', 'NO [NOPERM]', { remedy: 'retry', advice: '-' })
    }
    return remote
  }
  t.same(await demand.fetch([refused, open]), {
    fetched: [open],
    already: [],
    errors: [{ item: refused, code: 'UPSTREAM_REFUSED', message: 'NO [NOPERM]' }],
  })
})

t.test('who waits too long waits no more; the connection ends with the last of them', async t => {
  const demand = await Demand.of(t, ['a'])
  const connected = demand.connect
  const id = demand.id('a')
  let isEnded = false
  demand.connect = async signal => {
    signal.addEventListener('abort', () => {
      isEnded = true
      blocked.reject(signal.reason)
    })
    await blocked.promise
    return connected(signal)
  }
  const blocked = Promise.withResolvers<void>()
  const [first, second] = [new AbortController(), new AbortController()]
  const waits = [first, second].map(({ signal }) => demand.fetch([id], { signal }))
  first.abort(new Error('too late'))
  await t.rejects(async () => void (await waits[0]), { message: 'too late' })
  t.notOk(isEnded, 'somebody waits')
  second.abort(new Error('too late, too'))
  await t.rejects(async () => void (await waits[1]), { message: 'too late, too' })
  t.ok(isEnded)
  demand.connect = connected
  t.match(await demand.fetch([id]), { fetched: [id] }, 'the next wish is served')
})

t.test('a server that cannot be reached fails the whole request, with its own words', async t => {
  const demand = await Demand.of(t, ['a'])
  demand.bench.server.folder('INBOX').messages.forEach(message => {
    message.poison = 'lost'
  })
  await t.rejects(demand.fetch([demand.id('a')]), { code: 'UPSTREAM_LOST' })
})
