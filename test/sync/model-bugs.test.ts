import t from 'tap'
import { PLANTED_BUGS } from '../support/model/bugs.ts'
import { World } from '../support/model/world.ts'

const MAX_RUNS = 3000
const EVENTS = 40

t.setTimeout(900_000)
for (const [name, bug] of Object.entries(PLANTED_BUGS)) {
  t.test(`the model finds out: ${name}`, async t => {
    let seed = 1
    while (seed <= MAX_RUNS && (await new World(seed, { plant: bug }).run(EVENTS)).length === 0) seed++
    t.ok(seed <= MAX_RUNS, `after ${seed} runs`)
  })
}
