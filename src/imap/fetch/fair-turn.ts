import { setImmediate as afterOthers } from 'node:timers/promises'

const TURN_MS = 20

/** How long an answer that waits for nothing is made before other connections have their turn. */
export class FairTurn {
  #endMs = performance.now() + TURN_MS

  get isOver(): boolean {
    return performance.now() > this.#endMs
  }

  /** Resolves when whoever waited has been served. */
  async next(): Promise<void> {
    await afterOthers()
    this.#endMs = performance.now() + TURN_MS
  }
}
