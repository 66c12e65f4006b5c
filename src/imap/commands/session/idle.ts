import { bad, type Completion, ok } from '../../completion.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** IDLE (RFC 9051 section 6.3.13): the session tells news until the client says DONE. */
export async function* idle(_command: unknown, { tag, state }: Turn<Authenticated | Selected>): Answer {
  if (state.kind === 'selected') state.open.isStale = true
  yield '+ idling\r\n'
  return { status: 'later', next: { kind: 'idle', tag, during: state } }
}

/** The client has said something: DONE, or what stands in its place and ends it as well. */
export function endIdle(line: Buffer | undefined, during: Authenticated | Selected): Completion {
  const isDone = line !== undefined && /^DONE$/i.test(line.toString('latin1'))
  const done = isDone ? ok('no longer idle') : bad('DONE was expected')
  if (during.kind === 'selected') during.open.isStale = true // what could not be read while idle is looked for again
  return { ...done, next: during }
}
