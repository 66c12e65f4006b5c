import process from 'node:process'
import t, { type Test } from 'tap'
import { dovecotMissing } from '../support/dovecot.ts'
import { type Case, Matrix, type Variant } from '../support/kill/matrix.ts'
import { randomSource } from '../support/model/random.ts'

const IS_LONG = process.env.POSTERN_LONG === '1'
// Of a long run: every how many-th point, from which on. By itself every one where the server can do everything, and every
// fifth of each variant, so that it ends within two hours.
const STEP = Number(process.env.POSTERN_KILL_STEP ?? 0)
const FIRST = Number(process.env.POSTERN_KILL_FIRST ?? 1)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_125)
const PARALLEL = 2

interface Sampled extends Variant {
  /** Every how many-th point of a long run; 5 when absent. */
  readonly step?: number
  /** Kills of a short run. */
  readonly single: number
  readonly double: number
  /** Runs of a short run in which the second client acts, and nobody is killed. */
  readonly disturbed: number
}

const VARIANTS: readonly Sampled[] = [
  { name: 'all extensions', without: [], isWhole: false, step: 1, single: 8, double: 3, disturbed: 1 },
  { name: 'all extensions, compared whole', without: [], isWhole: true, single: 3, double: 1, disturbed: 1 },
  { name: 'the client wins', without: [], isWhole: false, winner: 'client', single: 3, double: 1, disturbed: 1 },
  { name: 'no MOVE', without: ['MOVE'], isWhole: false, single: 3, double: 1, disturbed: 1 },
  { name: 'no UIDPLUS', without: ['UIDPLUS'], isWhole: false, single: 3, double: 1, disturbed: 1 },
  { name: 'no MOVE and no UIDPLUS', without: ['MOVE', 'UIDPLUS'], isWhole: true, single: 3, double: 1, disturbed: 1 },
  { name: 'no QRESYNC', without: ['QRESYNC'], isWhole: false, single: 2, double: 1, disturbed: 1 },
  {
    name: 'no LITERAL+, no MULTIAPPEND',
    without: ['LITERAL+', 'MULTIAPPEND'],
    isWhole: false,
    single: 2,
    double: 1,
    disturbed: 1,
  },
  {
    name: 'plain IMAP4rev1',
    without: [
      ...['LITERAL+', 'MULTIAPPEND', 'UIDPLUS', 'LIST-EXTENDED', 'LIST-STATUS', 'SPECIAL-USE', 'CONDSTORE', 'QRESYNC'],
      ...['ESEARCH', 'MOVE', 'NOTIFY', 'ENABLE', 'NAMESPACE', 'SASL-IR'],
    ],
    isWhole: true,
    single: 3,
    double: 1,
    disturbed: 1,
  },
]

t.setTimeout(IS_LONG ? 7_200_000 : 300_000)
t.comment(`seed ${SEED}`)

for (const variant of VARIANTS) {
  t.test(
    `killed anywhere, nothing is lost or doubled: ${variant.name}`,
    { skip: dovecotMissing() ?? false },
    async t => {
      const random = randomSource(SEED)
      await using matrix = await Matrix.open(variant, IS_LONG ? 4000 : 100)
      const peace = await matrix.run({ seed: SEED, kills: [] })
      const points = peace.points ?? 0
      t.same(peace.problems, [], 'without a kill')
      t.ok(points > 100, `${points} points`)
      const cases = [
        ...singleKills(variant, points, random),
        ...doubleKills(variant, points, random),
        ...disturbances(variant, points, random),
      ]
      const kills = await runAll(t, matrix, cases)
      t.comment(`${variant.name}: ${points} points, ${cases.length} cases, ${kills} kills`)
      const wanted = cases.reduce((sum, { kills }) => sum + kills.length, 0)
      // Of a small sample one may come later than the run ends.
      t.ok(wanted - kills <= Math.max(1, wanted * 0.2), 'the points were reached')
    },
  )
}

const stepOf = ({ step = 5 }: Sampled) => STEP || step

/** Points at the steps of a long run, or so many of them. */
function choosePoints(points: number, count: number, step: number, random: () => number): number[] {
  if (IS_LONG) return Array.from({ length: Math.ceil((points - FIRST + 1) / step) }, (_, index) => FIRST + index * step)
  return Array.from({ length: count }, () => 1 + Math.floor(random() * points))
}

function singleKills(variant: Sampled, points: number, random: () => number): Case[] {
  return choosePoints(points, variant.single, stepOf(variant), random).map(point => ({
    seed: point,
    kills: [point],
    pauseAt: pauseBefore(point, random),
  }))
}

function doubleKills(variant: Sampled, points: number, random: () => number): Case[] {
  const length = IS_LONG ? Math.ceil(points / 5 / stepOf(variant)) : variant.double
  return Array.from({ length }, (_, index) => {
    const [first, second] = [1 + Math.floor(random() * points), 1 + Math.floor((random() * points) / 2)]
    return { seed: index, kills: [first, second], pauseAt: pauseBefore(first, random) }
  })
}

function disturbances(variant: Sampled, points: number, random: () => number): Case[] {
  const chosen = choosePoints(points, variant.disturbed, 5 * stepOf(variant), random)
  return chosen.map(point => ({ seed: point, kills: [], pauseAt: point }))
}

/** In every other case the second client acts while the engine works. */
function pauseBefore(point: number, random: () => number): number | undefined {
  return random() < 0.5 ? undefined : 1 + Math.floor(random() * point)
}

/** Runs cases side by side and tells what went wrong; resolves to the number of kills that came about. */
async function runAll(t: Test, matrix: Matrix, cases: readonly Case[]): Promise<number> {
  const waiting = [...cases]
  let kills = 0
  const work = async () => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      const { killed, problems } = await matrix.run(each)
      kills += killed.length
      if (problems.length > 0) t.fail(`${JSON.stringify(each)} killed ${killed.join(', then ')}`, { problems })
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return kills
}
