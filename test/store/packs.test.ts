import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packFile } from '../../src/store/packs/pack-format.ts'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import { PackWriter } from '../../src/store/packs/pack-writer.ts'
import type { StagedRow } from '../../src/store/rows.ts'
import { digestBody } from '../../src/sync/download/digest.ts'
import { addItem, openStore, storeWithInbox } from '../support/store.ts'

function writerIn(t: Test, maxPackOctets?: number) {
  const packsDir = join(t.testdir(), 'packs')
  mkdirSync(packsDir)
  const options = { packsDir, last: { pack: 1, octets: 0 }, clock: () => 0 }
  return { packsDir, writer: new PackWriter(maxPackOctets ? { ...options, maxPackOctets } : options) }
}

function put(writer: PackWriter, ...chunks: Buffer[]) {
  writer.begin(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  for (const chunk of chunks) writer.write(chunk)
  return writer.end()
}

const read = (packsDir: string, location: Parameters<PackReader['chunks']>[0]) => {
  using reader = new PackReader(packsDir)
  return Buffer.concat([...reader.chunks(location)])
}

t.test('bodies come back octet for octet, small, empty, and larger than a write', async t => {
  const { packsDir, writer } = writerIn(t)
  const bodies = ['x', '', 'y'.repeat(3_000_000), 'z'].map(text => Buffer.from(text))
  const locations = bodies.map(body => put(writer, body.subarray(0, 1000), body.subarray(1000)))
  await writer.sync()
  await writer[Symbol.asyncDispose]()
  for (const [index, location] of locations.entries())
    t.ok(read(packsDir, location).equals(bodies[index] ?? Buffer.alloc(0)))
})

t.test('a full pack is followed by the next, while a sync is under way', async t => {
  const { packsDir, writer } = writerIn(t, 1000)
  const locations = []
  const syncs = []
  for (let index = 0; index < 20; index++) {
    locations.push(put(writer, Buffer.alloc(400, index)))
    syncs.push(writer.sync())
  }
  const ends = new Map((await Promise.all(syncs)).flat().map(({ pack, octets }) => [pack, octets]))
  await writer[Symbol.asyncDispose]()
  t.ok(ends.size > 5, `${ends.size} packs`)
  for (const [pack, octets] of ends) t.equal(statSync(packFile(packsDir, pack)).size, octets)
  for (const [index, location] of locations.entries()) t.ok(read(packsDir, location).every(octet => octet === index))
})

t.test('bodies so large that they are written back before their end fill pack after pack', async t => {
  const { packsDir, writer } = writerIn(t, 1000)
  const chunks = Array.from({ length: 13 }, (_, index) => Buffer.alloc(1_048_576, index))
  const syncs = []
  const locations = []
  for (let index = 0; index < 4; index++) {
    if (index % 2 === 1) syncs.push(writer.sync())
    locations.push(put(writer, ...chunks))
    await writer.drained()
  }
  const ends = (await Promise.all([...syncs, writer.sync()])).flat()
  await writer[Symbol.asyncDispose]()
  t.same(new Set(ends.map(({ pack }) => pack)), new Set([1, 2, 3, 4]), 'every pack’s end is told')
  const body = Buffer.concat(chunks)
  for (const location of locations) t.ok(read(packsDir, location).equals(body))
})

t.test('a large body is read through one piece of memory where the reader keeps nothing', async t => {
  const { packsDir, writer } = writerIn(t)
  const body = randomBytes(5_300_000)
  const location = put(writer, body)
  await writer.sync()
  await writer[Symbol.asyncDispose]()
  using reader = new PackReader(packsDir)
  const memory = new Set<ArrayBufferLike>()
  const seen = []
  for (const chunk of reader.chunks(location, true)) {
    memory.add(chunk.buffer)
    seen.push(Buffer.from(chunk))
  }
  t.ok(Buffer.concat(seen).equals(body))
  t.equal(memory.size, 2, 'the first chunk, and the one for the rest')
  const outcome = digestBody(reader, { location } as StagedRow)
  t.ok(outcome.kind === 'digest' && outcome.digest.sha256.equals(createHash('sha256').update(body).digest()))
})

t.test('a body that broke off is dead space, and the next one is whole', async t => {
  const { packsDir, writer } = writerIn(t)
  writer.begin(100)
  writer.write(Buffer.from('half'))
  writer.abort()
  const location = put(writer, Buffer.from('whole'))
  await writer.sync()
  await writer[Symbol.asyncDispose]()
  t.equal(read(packsDir, location).toString(), 'whole')
})

t.test('a span of a large body is given once all of it was checked, which is done once', async t => {
  const { packsDir, writer } = writerIn(t)
  const body = Buffer.alloc(2_500_000, 'abcdefg')
  const [small, large] = [put(writer, Buffer.from('hello')), put(writer, body)]
  await writer.sync()
  await writer[Symbol.asyncDispose]()
  using reader = new PackReader(packsDir)
  const lengths = (start: number, end: number) => [...reader.span(large, { start, end })].map(({ length }) => length)
  t.same(lengths(10, 20), [0, 0, 0, 10], 'others may come in between')
  t.same(lengths(10, 20), [10])
  t.same(lengths(0, Infinity), [1_048_576, 1_048_576, 402_848])
  t.same(lengths(2_499_999, 2_500_001), [1])
  t.same(lengths(3_000_000, 3_000_001), [])
  t.ok(Buffer.concat([...reader.span(large, { start: 7, end: 2_000_000 })]).equals(body.subarray(7, 2_000_000)))
  t.equal(String(Buffer.concat([...reader.span(small, { start: 1, end: 3 })])), 'el')
  reader.close()
  t.same(lengths(10, 20), [0, 0, 0, 10], 'other files may have the same names')
})

t.test('a flipped bit is found', async t => {
  const { packsDir, writer } = writerIn(t)
  const location = put(writer, Buffer.from('hello'))
  await writer.sync()
  await writer[Symbol.asyncDispose]()
  const { readFileSync } = await import('node:fs')
  const file = readFileSync(packFile(packsDir, 1))
  file[location.offset + 1] = (file[location.offset + 1] ?? 0) ^ 1
  writeFileSync(packFile(packsDir, 1), file)
  t.throws(() => read(packsDir, location), { code: 'STORE_PACK_DAMAGED' })
})

t.test('a torn end is cut when the store is opened, and nothing committed is lost', async t => {
  const { store, inbox, dir } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  store[Symbol.dispose]()
  const file = packFile(join(dir, 'packs'), 1)
  const { size } = statSync(file)
  appendFileSync(file, 'torn')
  writeFileSync(packFile(join(dir, 'packs'), 7), 'never committed')
  const again = openStore(dir)
  t.teardown(() => again[Symbol.dispose]())
  t.equal(statSync(file).size, size)
  t.throws(() => statSync(packFile(join(dir, 'packs'), 7)), { code: 'ENOENT' })
  const [item] = [...again.read.items(inbox)]
  t.equal(item && Buffer.concat([...again.read.body(item.location)]).toString(), 'hello')
})

t.test('a pack that lost committed octets is told, not repaired in silence', async t => {
  const { store, inbox, dir } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  store[Symbol.dispose]()
  truncateSync(packFile(join(dir, 'packs'), 1), 10)
  t.throws(() => openStore(dir), { code: 'STORE_PACK_DAMAGED' })
})
