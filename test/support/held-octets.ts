import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void // what V8 calls so when it is asked to show it

/** What this process holds once all that nobody needs is collected, in octets. */
export async function heldOctets(): Promise<number> {
  collect()
  await turn() // what was collected is freed meanwhile
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
