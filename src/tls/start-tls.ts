import type { Duplex } from 'node:stream'
import { PosternError } from '../errors.ts'
import { LineConversation } from '../net/line-conversation.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'

/** A protocol that asks for TLS inside a plain-text conversation. */
export type StartTlsProtocol = 'imap' | 'smtp' | 'sieve'

const MAX_LINES = 100 // no server says as much before TLS

/**
 * Has the shortest conversation after which the server expects a ClientHello. Ends when the socket does: the caller
 * bounds the time.
 *
 * @throws {PosternError} TLS_STARTTLS_REFUSED
 */
export async function askForTls(socket: Duplex, peer: Peer, protocol: StartTlsProtocol): Promise<void> {
  const invalid = (why: string, cause?: Error) => cause ?? new Error(why)
  using talk = new LineConversation(socket, { maxLines: MAX_LINES, invalid })
  try {
    await ASK[protocol](talk)
    talk.release()
  } catch (cause) {
    throw new PosternError<TlsErrorCode>(
      'TLS_STARTTLS_REFUSED',
      `${peer.host}:${peer.port} did not agree to STARTTLS as ${protocol.toUpperCase()}.`,
      {
        remedy: 'user',
        advice: 'If the port speaks TLS from the start, or another protocol, say so with --starttls.',
        cause,
      },
    )
  }
}

type Talk = LineConversation<Duplex>

// RFC 9051 section 6.2.1.
async function askImap(talk: Talk): Promise<void> {
  const greeting = await talk.next()
  if (!greeting.startsWith('* ')) throw new Error('no IMAP greeting')
  talk.say('P1 STARTTLS')
  for (;;) {
    const line = await talk.next()
    if (/^P1 OK\b/i.test(line)) return
    if (!line.startsWith('* ')) throw new Error('STARTTLS was refused')
  }
}

// RFC 3207 section 4.
async function askSmtp(talk: Talk): Promise<void> {
  await expectReply(talk, '220')
  talk.say('EHLO [127.0.0.1]')
  await expectReply(talk, '250')
  talk.say('STARTTLS')
  await expectReply(talk, '220')
}

// RFC 5321 section 4.2.1: `250-` in all lines but the last.
async function expectReply(talk: Talk, code: string): Promise<void> {
  for (;;) {
    const line = await talk.next()
    if (!line.startsWith(code)) throw new Error(`expected ${code}`)
    if (line[3] !== '-') return
  }
}

// RFC 5804 section 2.2. No server says a literal before TLS.
async function askSieve(talk: Talk): Promise<void> {
  await expectOk(talk)
  talk.say('STARTTLS')
  await expectOk(talk)
}

async function expectOk(talk: Talk): Promise<void> {
  for (;;) {
    const line = await talk.next()
    if (/^OK\b/i.test(line)) return
    if (!line.startsWith('"')) throw new Error('no capability of ManageSieve')
  }
}

const ASK = { imap: askImap, smtp: askSmtp, sieve: askSieve } as const
