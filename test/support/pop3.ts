import type { FrontConnection } from '../../src/net/front-connection.ts'
import type { Pop3Backend } from '../../src/pop3/backend.ts'
import { servePop3 } from '../../src/pop3/connection.ts'
import type { SignInAttempt } from '../../src/sasl/sign-in.ts'

/** The one local password that {@link memoryBackend} knows. */
export const PASSWORD = 'correct horse'
/** The APOP timestamp of sessions under test. */
export const TIMESTAMP = '<1896.697170952@localhost>'

/** A backend that knows the user ada, and a user early whose secrets are not loaded yet. Counts polls. */
export function memoryBackend(): Pop3Backend & { readonly polls: string[] } {
  const polls: string[] = []
  return {
    polls,
    polled: profile => void polls.push(profile),
    signIn: async (attempt: SignInAttempt) => {
      if (attempt.user === 'early') return { kind: 'unavailable' }
      const isRight = attempt.kind === 'digest' ? attempt.matches(PASSWORD) : attempt.password === PASSWORD
      return attempt.user === 'ada' && isRight ? { kind: 'accepted', profile: 'work' } : { kind: 'refused' }
    },
  }
}

/** Serves a POP3 session with a fixed timestamp. */
export function serve(connection: FrontConnection, backend = memoryBackend()): Promise<void> {
  return servePop3(connection, { backend, timestamp: TIMESTAMP })
}
