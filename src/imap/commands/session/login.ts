import type { LoginCommand } from '../../../formats/imap/command/arguments/session-commands.ts'
import type { NotAuthenticated } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'
import { signIn } from './sign-in.ts'

/** LOGIN (RFC 9051 section 6.2.3); in plain text as well, since the front listens on loopback only. */
export function login({ user, password }: LoginCommand, { services }: Turn<NotAuthenticated>): Answer {
  return signIn(services, { kind: 'password', user, password })
}
