import { bad, type Completion, no, ok } from '../../completion.ts'
import type { NotAuthenticated } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** STARTTLS (RFC 9051 section 6.2.1). */
export function starttls(_command: unknown, { services }: Turn<NotAuthenticated>): Completion {
  if (services.isSecure) return bad('TLS is active already')
  if (!services.canStartTls) return no('there is no certificate yet', 'UNAVAILABLE')
  return { ...ok('begin the TLS negotiation now'), next: { kind: 'starting-tls' } }
}
