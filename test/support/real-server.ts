import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_TIMEOUT_MS = 20_000

/** Waits until the server says something on its port. */
export async function untilItGreets(child: ChildProcess, port: number, what: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await greets(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${what} did not start`)
    await sleep(50)
  }
}

/** Waits until the server, whose clients speak first, listens on its port. */
export async function untilItListens(child: ChildProcess, port: number, what: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${what} did not start`)
    await sleep(50)
  }
}

/** Ends the server, whose children end with it, and removes its folder. */
export async function endServer(child: ChildProcess, dir: string): Promise<void> {
  if (child.exitCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(timer)
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}

/** Whether something on the port greets whoever connects. */
export async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'data')
    return true
  } catch {
    return false // refused: not yet
  } finally {
    socket.destroy()
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // refused: not yet
  } finally {
    socket.destroy()
  }
}
