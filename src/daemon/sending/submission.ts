import { join } from 'node:path'
import { parseUpstreamUrl, type UpstreamUrl } from '../../config/upstream-url.ts'
import { PosternError } from '../../errors.ts'
import { isPositive, type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import { isGroupwareOnly } from '../../profile/binding.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import { type SignInAttempt, sendingAccountOf } from '../../profile/sign-in-guard.ts'
import type { Authenticator } from '../../sasl/sign-in.ts'
import type { MessageSink, Relay, SmtpBackend } from '../../smtp/backend.ts'
import type { Sender, SendOutcome } from '../../smtp/outbox/delivery.ts'
import type { Envelope } from '../../smtp/outbox/queue.ts'
import { OutboxQueue } from '../../smtp/outbox/queue.ts'
import { SpoolRelay } from '../../smtp/outbox/spool-relay.ts'
import { Approvals } from '../../tls/approvals.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import { connectSmtp } from '../../upstream/smtp/client.ts'
import type { SmtpClientConnection } from '../../upstream/smtp/connection.ts'
import { SmtpPool } from '../../upstream/smtp/pool.ts'
import type { Installation } from '../installation.ts'
import { sendingCredentialsOf } from '../oauth/credentials.ts'
import { CutThroughRelay, mailLine } from './cut-through.ts'
import { OwnSenders } from './own-senders.ts'

const DEFAULT_MAX_OCTETS = 157_286_400 // 150 MB, for servers that name no limit
// For good: trying again would change nothing (RFC 3463 section 3.4).
const SENT_ELSEWHERE = smtpReply(
  554,
  '5.3.5 the mail of this profile is sent by an account of Outlook itself, not here',
)
const CONNECT_TIMEOUT_MS = 60_000

/** Joins the SMTP front and the outbox to the submission servers of the profiles. */
export class Submission implements SmtpBackend, Disposable {
  readonly #installation: Installation
  readonly #authenticator: Authenticator
  readonly #onQueued: (profile: Profile) => void
  readonly #pools = new Map<number, { readonly key: string; readonly pool: SmtpPool }>()
  readonly #sizeLimits = new Map<number, number>()
  readonly #sending = new Set<SmtpClientConnection>()
  readonly #stopping = new AbortController()

  constructor(installation: Installation, authenticator: Authenticator, onQueued: (profile: Profile) => void) {
    this.#installation = installation
    this.#authenticator = authenticator
    this.#onQueued = onQueued
  }

  signIn(...args: Parameters<Authenticator['signIn']>): ReturnType<Authenticator['signIn']> {
    return this.#authenticator.signIn(...args)
  }

  maxMessageOctets(name: string | undefined): number {
    const profile = this.#installation.profiles.list().find(profile => profile.name === name)
    return (profile && this.#sizeLimits.get(profile.number)) ?? DEFAULT_MAX_OCTETS
  }

  open(name: string): Relay {
    const profile = this.#installation.profiles.list().find(profile => profile.name === name)
    if (profile && !profile.smtp && isGroupwareOnly(profile)) return new RefusingRelay(SENT_ELSEWHERE)
    if (!profile?.smtp) return new RefusingRelay(smtpReply(451, '4.3.5 this profile has no SMTP server'))
    const relay = this.#relayOf(profile)
    return profile.sendAs === 'own' ? new OwnSenders(relay, profile) : relay
  }

  /** The outbox of a profile. */
  queueOf({ number }: Profile): OutboxQueue {
    return new OutboxQueue(join(this.#installation.home.outboxDir, String(number)))
  }

  /** The connections of a profile; new ones after its settings have changed. */
  poolOf(profile: Profile): SmtpPool {
    const { smtp, smtpAuth, smtpUser, user, email, auth, proxy } = profile
    const key = JSON.stringify([smtp, smtpAuth, smtpUser, user, email, auth, proxy])
    const known = this.#pools.get(profile.number)
    if (known?.key === key) return known.pool
    known?.pool[Symbol.dispose]()
    const pool = new SmtpPool(() => this.connect(profile, this.#stopping.signal))
    this.#pools.set(profile.number, { key, pool })
    return pool
  }

  /**
   * Opens a connection to the submission server of a profile.
   *
   * @throws {PosternError} PROFILE_NO_SMTP, NET_…, TLS_…, UPSTREAM_…
   */
  async connect(profile: Profile, signal: AbortSignal): Promise<SmtpClientConnection> {
    const smtp = profile.smtp === undefined ? undefined : parseUpstreamUrl(profile.smtp)
    if (!smtp) throw noSmtp(profile)
    const connection = await this.#signedIn(profile, smtp, signal)
    const size = Number(connection.extensions.get('SIZE') ?? 0)
    if (size > 0) this.#sizeLimits.set(profile.number, size)
    else this.#sizeLimits.delete(profile.number)
    return connection
  }

  /** The network has changed, or the machine slept: idle connections, of a profile or of all, are dead and would be waited for. */
  reconnect(profile?: Pick<Profile, 'number'>): void {
    for (const [number, { pool }] of this.#pools) if (!profile || number === profile.number) pool.drop()
  }

  /** Ends what is on its way from the outboxes: no server has time any more to answer. */
  breakOff(): void {
    this.#stopping.abort(new Error('the daemon is stopping'))
    for (const connection of this.#sending) connection.destroy()
  }

  /** Sends a message of the outbox. */
  senderOf(profile: Profile): Sender {
    return { send: (envelope, recipients, octets) => this.#send(profile, envelope, recipients, octets) }
  }

  [Symbol.dispose](): void {
    this.#stopping.abort(new Error('the daemon is stopping'))
    for (const { pool } of this.#pools.values()) pool[Symbol.dispose]()
    this.#pools.clear()
  }

  #relayOf(profile: Profile): Relay {
    const log = this.#installation.log.child({ component: 'relay', profile: profile.number })
    if (profile.relay === 'cut-through') return new CutThroughRelay(this.poolOf(profile), log)
    const onQueued = () => this.#onQueued(profile)
    return new SpoolRelay({ queue: this.queueOf(profile), clock: Date.now, log, onQueued })
  }

  /** Connects and signs in, unless too many refusals have stopped that. */
  async #signedIn(profile: Profile, peer: UpstreamUrl, signal: AbortSignal): Promise<SmtpClientConnection> {
    let signIn: SignInAttempt | undefined
    const credentials = async () => {
      const { tokens } = this.#installation
      const known = await sendingCredentialsOf(profile, { secrets: () => this.#installation.secrets(), tokens })
      if (known) signIn = await this.#installation.signIns.begin(sendingAccountOf(profile))
      return known
    }
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
    try {
      const { network, approvalsFile } = this.#installation
      const proxy = await network.proxyTo(profile, peer)
      const verifier = verifyPeers(new Approvals(approvalsFile), { identity: await network.identityOf(profile) })
      const connection = await connectSmtp({ peer, security: peer.security, credentials, proxy }, verifier, bounded)
      signIn?.accepted()
      return connection
    } catch (error) {
      await signIn?.failed(error)
      throw signal.aborted ? error : await this.#installation.network.explain(profile, error)
    }
  }

  async #send(
    profile: Profile,
    envelope: Envelope,
    recipients: Envelope['recipients'],
    octets: () => AsyncIterable<Buffer>,
  ): Promise<SendOutcome> {
    const pool = this.poolOf(profile)
    const message = { envelope, recipients, octets, hasBegun: false }
    try {
      const { connection, isReused } = await pool.take()
      try {
        return await this.#transact(pool, connection, message)
      } catch (error) {
        // A connection that died while it was idle is replaced, as long as nothing of the message was sent.
        if (!isReused || message.hasBegun || !(error instanceof PosternError)) throw error
        return await this.#transact(pool, await pool.takeNew(), message)
      }
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      return { kind: 'error', text: error.message }
    }
  }

  async #transact(pool: SmtpPool, connection: SmtpClientConnection, message: Outgoing): Promise<SendOutcome> {
    this.#sending.add(connection)
    try {
      const replies = await transact(connection, message)
      pool.put(connection)
      return { kind: 'replies', replies }
    } catch (error) {
      connection.destroy()
      throw error
    } finally {
      this.#sending.delete(connection)
    }
  }
}

interface Outgoing {
  readonly envelope: Envelope
  readonly recipients: Envelope['recipients']
  readonly octets: () => AsyncIterable<Buffer>
  /** Whether octets of the message may have reached the server. */
  hasBegun: boolean
}

/** Runs one transaction and tells what became of each recipient. */
async function transact(connection: SmtpClientConnection, message: Outgoing): Promise<ReadonlyMap<string, SmtpReply>> {
  const { envelope, recipients, octets } = message
  const every = (reply: SmtpReply) => new Map(recipients.map(({ address }) => [address, reply]))
  const hasDsn = connection.extensions.has('DSN')
  const mail = connection.command(mailLine(connection, envelope.sender, envelope.options))
  const asked = recipients.map(({ address, dsn }) =>
    connection.command([`RCPT TO:<${address}>`, ...(hasDsn ? dsn : [])].join(' ')),
  )
  const [sender, ...answers] = await Promise.all([mail, ...asked])
  if (!isPositive(sender)) return every(sender)
  const replies = new Map(recipients.map(({ address }, index) => [address, answers[index] ?? sender]))
  const taken = recipients.filter(({ address }) => isPositive(replies.get(address) ?? sender))
  if (taken.length === 0) return replies
  const go = await connection.command('DATA')
  message.hasBegun = true
  const final = go.code === 354 ? await sendMessage(connection, octets()) : go
  for (const { address } of taken) replies.set(address, final)
  return replies
}

async function sendMessage(connection: SmtpClientConnection, octets: AsyncIterable<Buffer>): Promise<SmtpReply> {
  for await (const chunk of octets) await connection.write(chunk)
  return connection.finish()
}

class RefusingRelay implements Relay {
  readonly #reply: SmtpReply

  constructor(reply: SmtpReply) {
    this.#reply = reply
  }

  async mail(): Promise<SmtpReply> {
    return this.#reply
  }

  async rcpt(): Promise<SmtpReply> {
    return this.#reply
  }

  async data(): Promise<SmtpReply | MessageSink> {
    return this.#reply
  }

  reset(): void {
    // nothing was begun
  }

  close(): void {
    // nothing was begun
  }
}

function noSmtp({ name }: Profile): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_NO_SMTP', `The profile ${name} has no SMTP server.`, {
    remedy: 'user',
    advice: `Name one: postern profile set ${name} smtp smtps://HOST`,
  })
}
