import t, { type Test } from 'tap'
import { EngineBench } from '../support/engine.ts'

/** A message of which the header alone is here, and cannot be read. */
async function damagedHeader(t: Test): Promise<{ readonly bench: EngineBench; readonly id: number }> {
  const bench = new EngineBench(t)
  bench.add('a', { octets: 3000 })
  bench.settings = { ...bench.settings, downloadMode: 'headers' }
  await bench.run()
  const [item] = bench.items()
  if (item?.bodyState !== 'header') throw new Error('no header')
  bench.store.transact(({ damaged }) => damaged.note(item.id, 'by the test'))
  return { bench, id: item.id }
}

/** Brings octets into a pack, as a download does. */
async function stored({ store }: EngineBench, text: string) {
  await using writer = store.openPackWriter()
  writer.begin(text.length)
  writer.write(Buffer.from(text))
  const location = writer.end()
  const ends = await writer.sync()
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
  })
  return location
}

const SHA = Buffer.alloc(32, 1)
const HEADER = 'Subject: a\r\n\r\n'
const textOf = (bench: EngineBench) => bench.items().map(item => bench.text(item))

t.test('a header that was damaged is fetched again', async t => {
  const { bench, id } = await damagedHeader(t)
  const header = await stored(bench, HEADER)
  bench.store.transact(({ damaged }) => damaged.replace(id, 'header', header, SHA))
  t.same(textOf(bench), [HEADER])
})

for (const isBodyDamaged of [false, true]) {
  const which = isBodyDamaged ? 'and cannot be read either' : 'and is sound'
  t.test(`a header that comes late does not replace the body that came meanwhile ${which}`, async t => {
    const { bench, id } = await damagedHeader(t)
    const [body, header] = [await stored(bench, `${HEADER}all of it`), await stored(bench, HEADER)]
    bench.store.transact(({ incoming, damaged }) => {
      incoming.bodies.complete(id, body, SHA)
      if (isBodyDamaged) damaged.note(id, 'this one as well')
      damaged.replace(id, 'header', header, SHA)
    })
    t.same(textOf(bench), [`${HEADER}all of it`])
    t.match(bench.items(), [{ bodyState: 'full' }])
    t.equal(bench.store.read.damagedOnServer(bench.store.read.getFolder('INBOX').id).length, isBodyDamaged ? 1 : 0)
  })
}

t.test('what is not damaged any more is not replaced', async t => {
  const { bench, id } = await damagedHeader(t)
  const [first, second] = [await stored(bench, HEADER), await stored(bench, 'Subject: b\r\n\r\n')]
  bench.store.transact(({ damaged }) => {
    damaged.replace(id, 'header', first, SHA)
    damaged.replace(id, 'header', second, SHA)
  })
  t.same(textOf(bench), [HEADER])
})
