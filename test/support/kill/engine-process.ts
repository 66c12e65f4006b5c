import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { PointReport } from './points.ts'
import type { EngineOrder } from './run-engine.ts'

const ENTRY = join(import.meta.dirname, 'run-engine.ts')
const TIMEOUT_MS = 60_000

/** How an engine process ended. */
export type EngineEnd = Exclude<PointReport, { kind: 'paused' }>

/**
 * Runs the engine in a process of its own until it is killed by itself, or done; `act` is done while it is paused.
 *
 * @throws {Error} when it ends in any other way, with what it had to say
 */
export async function runEngine(order: EngineOrder, act: () => Promise<void>): Promise<EngineEnd> {
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const exited = once(child, 'exit')
  let complaint = ''
  let end: EngineEnd | undefined
  child.stdin.on('error', () => undefined) // it may be dead already
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const report: PointReport = JSON.parse(line)
      if (report.kind !== 'paused') end = report
      else {
        await act()
        child.stdin.write('!')
      }
    }
    const [code, signal] = await exited
    const isRight = end?.kind === 'killed' ? signal === 'SIGKILL' : code === 0
    if (end && isRight) return end
    throw new Error(`the engine ended with ${signal ?? code}: ${complaint}`)
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}
