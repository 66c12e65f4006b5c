import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

const MEMORY_POLL_MS = 50

/** What one round took. */
export interface Measured {
  readonly seconds: number
  /** All processes together at their highest; 0 where that was not looked at. */
  readonly megabytes: number
}

/** Runs a program to its end; one that fails ends the bench. */
export async function measureProcess(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  spawnSync('sync') // what earlier runs wrote must not be this one's burden
  const start = performance.now()
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const memory = watchMemory(child.pid ?? 0)
  const complaints = text(child.stderr)
  const [code] = await once(child, 'exit')
  const seconds = (performance.now() - start) / 1000
  if (code !== 0) throw new Error(`${program} exited with ${code}: ${await complaints}`)
  return { seconds, megabytes: memory.end() }
}

/** Runs a piece of work in this process. */
export async function measureWork(work: () => Promise<unknown>): Promise<Measured> {
  spawnSync('sync')
  const start = performance.now()
  await work()
  return { seconds: (performance.now() - start) / 1000, megabytes: 0 }
}

/** Looks at the memory of a process and its children until `end`, which gives the highest in megabytes. */
export function watchMemory(pid: number): { end(): number } {
  let highest = 0
  const look = () => {
    highest = Math.max(highest, treeMemory(pid))
  }
  const timer = setInterval(look, MEMORY_POLL_MS)
  return {
    end: () => {
      clearInterval(timer)
      return highest
    },
  }
}

/** The round in the middle. */
export function median(values: readonly Measured[]): Measured {
  const sorted = values.toSorted((left, right) => left.seconds - right.seconds)
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: Number.NaN, megabytes: 0 }
}

/** Runs what is compared by turns, so that a busy moment of the machine hits all of them, and gives the medians. */
export async function interleave<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<Measured>>>,
): Promise<Readonly<Record<Name, Measured>>> {
  const names = Object.keys(contestants) as Name[] // its own keys
  const series = new Map<Name, Measured[]>(names.map(name => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) series.get(name)?.push(await contestants[name]())
  }
  return Object.fromEntries(names.map(name => [name, median(series.get(name) ?? [])])) as Record<Name, Measured>
}

/** Prints one measured thing. */
export function printTime(name: string, { seconds, megabytes }: Measured): void {
  const time = seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(2)} s`
  const memory = megabytes > 0 ? `  ${megabytes.toFixed(0)} MB` : ''
  console.log(`  ${name.padEnd(44)} ${time.padStart(9)}${memory}`)
}

/** Prints how we stand to a peer, with the aim where there is one. */
export function printRatio(peer: string, ours: Measured, theirs: Measured, aim?: number): void {
  const goal = aim === undefined ? '' : `  (aim: at most ${aim.toFixed(2)})`
  console.log(`  postern : ${peer.padEnd(34)} ${(ours.seconds / theirs.seconds).toFixed(2).padStart(9)}${goal}`)
}

/** Megabytes that the processes hold together: what they share, such as the code of Node, is counted once (PSS). */
function treeMemory(pid: number): number {
  try {
    const kilobytes = Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return children
      .filter(text => text !== '')
      .reduce((sum, child) => sum + treeMemory(Number(child)), (kilobytes * 1024) / 1e6)
  } catch {
    return 0 // gone between the look and the read
  }
}
