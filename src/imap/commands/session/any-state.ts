import { capabilityText } from '../../capabilities.ts'
import { type Completion, ok } from '../../completion.ts'
import type { State } from '../../session-state.ts'
import type { Answer, Services, Turn } from '../handler.ts'

/** CAPABILITY (RFC 9051 section 6.1.1). */
export async function* capability(_command: unknown, { state, services }: Turn<State>): Answer {
  yield `* CAPABILITY ${capabilitiesOf(services, state.kind !== 'not-authenticated')}\r\n`
  return ok('those are the capabilities')
}

/** The capabilities of a session, as the response code CAPABILITY has them. */
export function capabilitiesOf(services: Services, isSignedIn: boolean): string {
  return capabilityText({ ...services, isSignedIn })
}

/** NOOP (RFC 9051 section 6.1.2) and CHECK (RFC 3501 section 6.4.1): the client wants news. */
export function noop(_command: unknown, { state }: Turn<State>): Completion {
  if (state.kind === 'selected') state.open.isStale = true
  return ok('nothing done')
}

/** LOGOUT (RFC 9051 section 6.1.3). */
export async function* logout(): Answer {
  yield '* BYE until next time\r\n'
  return { ...ok('the connection closes'), next: { kind: 'logout' } }
}

/** ID (RFC 2971). What the client says of itself is not used. */
export async function* id(): Answer {
  yield '* ID ("name" "Postern")\r\n'
  return ok('that is who we are')
}
