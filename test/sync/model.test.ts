import process from 'node:process'
import t from 'tap'
import { World } from '../support/model/world.ts'

const IS_LONG = process.env.POSTERN_LONG === '1'
const RUNS = Number(process.env.POSTERN_MODEL_RUNS ?? (IS_LONG ? 10_000 : 300))
const FIRST_SEED = Number(process.env.POSTERN_MODEL_SEED ?? 1)
const EVENTS = 40

t.setTimeout(IS_LONG ? 7_200_000 : 1_500_000)

t.test('whatever is cut or killed, no message is lost or doubled, and both sides agree in the end', async t => {
  let [cycles, faults] = [0, 0]
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const world = new World(seed)
    const problems = await world.run(EVENTS)
    cycles += world.cycles
    faults += world.faults
    if (problems.length > 0) {
      t.fail(`seed ${seed}: ${problems.join('; ')}`)
      if (t.counts.fail > 3) break
    }
  }
  t.comment(`${RUNS} runs from seed ${FIRST_SEED}: ${cycles} cycles, ${faults} faults`)
  t.ok(faults > RUNS, 'faults happened')
})
