import type { SignInAttempt } from '../../../sasl/sign-in.ts'
import { no, ok } from '../../completion.ts'
import { Dialect } from '../../dialect.ts'
import { EventWatch } from '../../notify/event-watch.ts'
import type { Answer, Services } from '../handler.ts'
import { capabilitiesOf } from './any-state.ts'

/** Decides a sign-in, whatever command it came by. A refusal is told late, and not often. */
export async function* signIn({ backend, throttle, ...services }: Services, attempt: SignInAttempt): Answer {
  const next = { kind: 'not-authenticated' } as const
  const result = await backend.signIn(attempt)
  if (result.kind === 'unavailable') return { ...no('starting up, try again in a moment', 'UNAVAILABLE'), next }
  if (result.kind === 'accepted') {
    const user = { account: backend.account(result.profile), dialect: new Dialect(), events: new EventWatch() }
    const capabilities = capabilitiesOf({ backend, throttle, ...services }, true)
    return { ...ok('signed in', `CAPABILITY ${capabilities}`), next: { kind: 'authenticated', ...user } }
  }
  const refused = no('wrong user name or local password', 'AUTHENTICATIONFAILED')
  if (await throttle.fail()) return { ...refused, next }
  yield '* BYE too many failed sign-ins\r\n'
  return { ...refused, next: { kind: 'logout' } }
}
