import { type AuthenticateCommand, decodeBase64 } from '../../../formats/imap/command/arguments/session-commands.ts'
import { type SaslExchange, startMechanism } from '../../../sasl/server.ts'
import { bad, no } from '../../completion.ts'
import type { NotAuthenticated } from '../../session-state.ts'
import type { Answer, Services, Turn } from '../handler.ts'
import { signIn } from './sign-in.ts'

const SIGNED_OUT = { kind: 'not-authenticated' } as const

/** AUTHENTICATE (RFC 9051 section 6.2.2), with an initial response (RFC 4959) or without. */
export async function* authenticate(
  { mechanism, initialResponse }: AuthenticateCommand,
  { tag, services }: Turn<NotAuthenticated>,
): Answer {
  const exchange = startMechanism(mechanism)
  if (!exchange) return no('this mechanism is not offered')
  return yield* step({ tag, exchange, services }, initialResponse)
}

/** An AUTHENTICATE that is under way. */
export interface Exchange {
  readonly tag: string
  readonly exchange: SaslExchange
  readonly services: Services
}

/** Takes the client's next line; undefined for one that was too long. */
export async function* authenticateLine(exchange: Exchange, line: Buffer | undefined): Answer {
  if (!line) return { ...bad('the line is too long'), next: SIGNED_OUT }
  const text = line.toString('latin1')
  if (text === '*') return { ...bad('the authentication is cancelled'), next: SIGNED_OUT }
  const response = decodeBase64(text)
  return response ? yield* step(exchange, response) : { ...bad('the base64 is malformed'), next: SIGNED_OUT }
}

async function* step({ tag, exchange, services }: Exchange, response: Buffer | undefined): Answer {
  const found = exchange.next(response)
  if (found.kind === 'malformed') return { ...bad('the response is malformed'), next: SIGNED_OUT }
  if (found.kind === 'attempt') return yield* signIn(services, found.attempt)
  yield `+ ${found.octets.toString('base64')}\r\n`
  return { status: 'later', next: { kind: 'sasl', tag, exchange } }
}
