import { readSync, writeSync } from 'node:fs'
import process from 'node:process'

/** Where a process is to be killed, and where it waits for somebody else to act. Points are counted from 1. */
export interface PointPlan {
  readonly killAt?: number | undefined
  readonly pauseAt?: number | undefined
}

/** What a process under test tells on its standard output, a line of JSON each. */
export type PointReport =
  | { readonly kind: 'paused'; readonly point: number; readonly name: string }
  | { readonly kind: 'killed'; readonly point: number; readonly name: string }
  | { readonly kind: 'done'; readonly points: number }

/** The moments of a process at which it may be killed: it counts them, and kills itself at the chosen one. */
export class KillPoints {
  readonly #plan: PointPlan
  #count = 0

  constructor(plan: PointPlan) {
    this.#plan = plan
  }

  get count(): number {
    return this.#count
  }

  /** Passes a point, or never returns from it. */
  reach(name: string): void {
    const point = ++this.#count
    if (point === this.#plan.pauseAt) {
      report({ kind: 'paused', point, name })
      waitForParent()
    }
    if (point !== this.#plan.killAt) return
    report({ kind: 'killed', point, name })
    process.kill(process.pid, 'SIGKILL')
  }
}

/** Blocks the whole process until there is something on its standard input. */
function waitForParent(): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    try {
      readSync(0, Buffer.alloc(1))
      return
    } catch (error) {
      const isEmpty = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!isEmpty) throw error
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
}

/** Tells the parent something, before the next instruction. */
export function report(what: PointReport): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
