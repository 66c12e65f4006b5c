import type { Terminal } from './terminal.ts'

const REDRAW_MS = 100
const STEPS: Readonly<Record<string, string>> = {
  waiting: 'Waiting for the synchronization that is under way',
  database: 'Reading the database',
  salvage: 'Saving what can be read of the database',
  records: 'Looking at messages',
  bodies: 'Reading messages',
  packs: 'Copying packs',
  verify: 'Comparing what was written',
}

/** Shows how far work on a store is. */
export class MaintenanceProgress {
  readonly #terminal: Terminal
  #step = ''
  #drawnAtMs = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  readonly onEvent = (event: unknown): void => {
    // src/store/maintenance/problem.ts, by the control API
    const { step, done, total } = event as { step: string; done: number; total: number }
    const isNew = step !== this.#step
    if (!isNew && performance.now() - this.#drawnAtMs < REDRAW_MS) return
    const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : ''
    this.#terminal.progress(`${STEPS[step] ?? step}${share}`, { rewriteLines: isNew ? 0 : 1 })
    this.#step = step
    this.#drawnAtMs = performance.now()
  }
}
