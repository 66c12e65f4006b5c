import { startMechanism } from '../../sasl/server.ts'
import { bad, no, ok, type Reply } from '../reply.ts'
import type { ImapSession } from '../session.ts'
import { ANY_STATE, handler, SIGNED_IN } from './handler.ts'

const ANONYMOUS = ['anonymous'] as const
const ENABLABLE = ['CONDSTORE', 'QRESYNC', 'UTF8=ACCEPT', 'IMAP4REV2'] as const

export const capability = handler<'capability'>(ANY_STATE, async function* ({ session }) {
  yield `* CAPABILITY ${session.capabilities}\r\n`
  return ok('done')
})

/** NOOP and CHECK: a moment to tell what is new. */
export const noop = handler<'noop'>(ANY_STATE, async ({ session }) => {
  if (session.state.kind === 'selected') session.state.open.isStale = true
  return ok('done')
})

export const logout = handler<'logout'>(ANY_STATE, async function* ({ session }) {
  yield '* BYE bye\r\n'
  session.leave()
  session.after = 'close'
  return ok('done')
})

export const id = handler<'id'>(ANY_STATE, async function* () {
  yield '* ID ("name" "Postern")\r\n'
  return ok('done')
})

export const startTls = handler<'starttls'>(ANONYMOUS, async ({ session }) => {
  if (session.options.isSecure) return bad('TLS is active already')
  if (!session.options.canStartTls) return no('no certificate yet', 'UNAVAILABLE')
  session.after = 'start-tls'
  return ok('begin TLS negotiation')
})

export const login = handler<'login'>(ANONYMOUS, ({ session, command: { user, password } }) =>
  session.signIn({ kind: 'password', user, password }),
)

export const authenticate = handler<'authenticate'>(ANONYMOUS, async function* ({ session, tag, command }) {
  const sasl = startMechanism(command.mechanism)
  if (!sasl) return no('mechanism not supported', 'CANNOT')
  session.exchange = { tag, sasl }
  const answer = await continueSasl(session, command.initialResponse)
  if (typeof answer !== 'string') return answer
  yield answer
  return undefined
})

/** Goes on with an AUTHENTICATE: a challenge to be written, or the reply that ends it. */
export async function continueSasl(session: ImapSession, response: Buffer | undefined): Promise<string | Reply> {
  const { exchange } = session
  if (!exchange) throw new Error('no AUTHENTICATE is under way')
  const step = exchange.sasl.next(response)
  if (step.kind === 'challenge') return `+ ${step.octets.toString('base64')}\r\n`
  session.exchange = undefined
  return step.kind === 'malformed' ? bad('malformed response') : await session.signIn(step.attempt)
}

export const enable = handler<'enable'>(SIGNED_IN, async function* ({ session, command: { capabilities } }) {
  const known = ENABLABLE.filter(name => capabilities.includes(name) && !session.enabled.has(name))
  for (const name of known) session.enabled.add(name)
  yield `* ENABLED${known.map(name => ` ${name}`).join('')}\r\n`
  return ok('done')
})

export const namespace = handler<'namespace'>(SIGNED_IN, async function* ({ session }) {
  const delimiter = await session.delimiter()
  yield `* NAMESPACE (("" "${delimiter}")) NIL NIL\r\n`
  return ok('done')
})

/** What comes until DONE is told by the connection. */
export const idle = handler<'idle'>(SIGNED_IN, async function* ({ session, tag }) {
  session.idleTag = tag
  if (session.state.kind === 'selected') session.state.open.isStale = true
  yield '+ idling\r\n'
  yield await session.news(true)
  return undefined
})
