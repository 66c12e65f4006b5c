import { setTimeout as sleep } from 'node:timers/promises'

const DEADLINE_MS = 30_000
const STEP_MS = 200

/** Asks again and again until the answer is not undefined. For real processes; fails at a deadline. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  stepMs = STEP_MS,
): Promise<Answer> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`)
    await sleep(stepMs)
  }
}
