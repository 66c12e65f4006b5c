import t from 'tap'
import { World } from '../support/model/world.ts'

const RUNS = 40
const EVENTS = 40

for (const lie of ['flags', 'vanished', 'new'] as const) {
  t.test(`a server whose deltas hide ${lie} is found out, and both sides agree in the end`, async t => {
    let caught = 0
    for (let seed = 1; seed <= RUNS; seed++) {
      const world = new World(seed, { lie })
      t.same(await world.run(EVENTS), [], `seed ${seed}`)
      caught += Number(world.isCaught)
    }
    t.ok(caught > RUNS / 4, `caught by the audit in ${caught} of ${RUNS} runs`)
  })
}
