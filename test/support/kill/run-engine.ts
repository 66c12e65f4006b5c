import process from 'node:process'
import { Store } from '../../../src/store/store.ts'
import { countCommits, countTraffic, hideUids } from './counted.ts'
import { type Mailbox, makeEngine, SILENT } from './cycles.ts'
import { KillPoints, type PointPlan, report } from './points.ts'

/** What the process is told to do, as JSON in its first argument. */
export interface EngineOrder extends Mailbox, PointPlan {
  readonly cycles: number
  /** Whether the server's APPENDUID and COPYUID are hidden. */
  readonly hidesUids: boolean
}

// The process of the kill matrix: the real engine, the real store, the real client, and a point to die at.
const order: EngineOrder = JSON.parse(process.argv[2] ?? '')
const points = new KillPoints(order)
const clock = () => Date.now()
using store = Store.open(order.storeDir, { clock, log: SILENT })
const run = makeEngine(order, {
  store: countCommits(store, points),
  clock,
  wrap: socket => countTraffic(order.hidesUids ? hideUids(socket) : socket, points),
})
for (let cycle = 0; cycle < order.cycles; cycle++) await run()
report({ kind: 'done', points: points.count })
