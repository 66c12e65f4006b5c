import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PACKS_DIR, type PackLocation } from '../../src/store/packs/pack-format.ts'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import { type SmallBodies, smallBodies } from '../../src/store/packs/small-bodies.ts'
import { randomSource } from '../support/model/random.ts'
import { openStore } from '../support/store.ts'

const BODIES = Array.from({ length: 60 }, (_, index) => Buffer.alloc((index * 37) % 300, `body ${index} `))

async function packed(t: Test): Promise<{ packs: PackReader; packsDir: string; locations: PackLocation[] }> {
  const dir = t.testdir()
  const store = openStore(dir)
  t.teardown(() => store[Symbol.dispose]())
  await using writer = store.openPackWriter()
  const locations = BODIES.map(body => {
    writer.begin(body.length)
    writer.write(body)
    return writer.end()
  })
  await writer.sync()
  const packsDir = join(dir, PACKS_DIR)
  const packs = new PackReader(packsDir)
  t.teardown(() => packs[Symbol.dispose]())
  return { packs, packsDir, locations }
}

function textsOf(pages: Iterable<SmallBodies>): Map<number, string> {
  const found = new Map<number, string>()
  for (const { octets, places, starts, ends } of pages) {
    for (const [index, place] of places.entries()) {
      found.set(place, Buffer.from(octets.subarray(starts[index], ends[index])).toString())
    }
  }
  return found
}

const allOf = (places: readonly number[]) => places.map(place => BODIES[place]?.toString() ?? '')

t.test('bodies are read in their order, whatever the order in the pack', async t => {
  const { packs, locations } = await packed(t)
  const random = randomSource(Number(process.env.POSTERN_TEST_SEED ?? 1))
  for (const atOnce of [1, 100, 1000, 1_000_000]) {
    const places = [...locations.keys()].filter(() => random() < 0.8)
    if (random() < 0.5) places.reverse()
    const wanted = places.map(place => locations[place] as PackLocation)
    const pages = [...smallBodies(packs, wanted, atOnce)]
    for (const { octets } of pages) t.ok(octets.length <= Math.max(atOnce, 400), 'no more at once than asked for')
    const found = textsOf(pages)
    t.same([...found.keys()], [...places.keys()])
    t.same([...found.values()], allOf(places))
  }
})

t.test('what is damaged is left out, and nothing else', async t => {
  const { packs, packsDir, locations } = await packed(t)
  const [name = ''] = readdirSync(packsDir)
  const file = join(packsDir, name)
  const octets = readFileSync(file)
  const [bodyOf, headerOf] = [20, 30]
  const spoil = (at: number) => {
    octets[at] = (octets[at] ?? 0) ^ 1
  }
  spoil((locations[bodyOf]?.offset ?? 0) + 5)
  spoil((locations[headerOf]?.offset ?? 0) - 10)
  writeFileSync(file, octets.subarray(0, (locations[50]?.offset ?? 0) + 1)) // torn in the middle of one
  const places = [...locations.keys()].filter(place => place !== bodyOf && place !== headerOf && place < 50)
  for (const atOnce of [1, 1_000_000]) {
    const found = textsOf(smallBodies(packs, locations, atOnce))
    t.same([...found.keys()], places)
    t.same([...found.values()], allOf(places))
  }
})

t.test('a pack that is gone gives nothing', async t => {
  const { packs, locations } = await packed(t)
  const elsewhere = locations.map(location => ({ ...location, pack: 99 }))
  t.same([...textsOf(smallBodies(packs, elsewhere, 1000)).keys()], [])
})
