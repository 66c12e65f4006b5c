import type { UpstreamUrl } from '../../config/upstream-url.ts'
import type { Logger } from '../../log/logger.ts'
import type { CollectionsSource } from '../../sync/engine.ts'
import type { ConnectMail } from '../../sync/remote.ts'
import type { ConnectWatch } from '../../sync/watch/remote-watch.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import type { PeerVerifier } from '../../tls/peer.ts'
import { connectDav } from '../../upstream/dav/client.ts'
import type { DavHttpOptions } from '../../upstream/dav/http/dav-http.ts'
import { connectImap } from '../../upstream/imap/client.ts'
import { KeptSession } from '../../upstream/imap/connection/kept-session.ts'
import type { ImapAccount, ImapClientOptions } from '../../upstream/imap/connection/session.ts'
import { connectWatch } from '../../upstream/imap/watch/watch.ts'
import { RateLimit, type RateLimits } from '../../upstream/rate-limit.ts'
import type { Credentials } from '../../upstream/sign-in/credentials.ts'
import type { Reached, WatchRequest } from './engine-protocol.ts'

/** What the engine's connections have in common. */
export interface EngineConnectionsOptions {
  readonly verifierFor: (identity: ClientIdentity | undefined) => PeerVerifier
  readonly clientVersion: string
  /** Gives an access token of a profile; another one than `refused`. */
  readonly token: (profile: number, refused?: string) => Promise<string>
}

/** The connections to the servers of all profiles: what each profile's share, and the session kept between two runs. */
export class EngineConnections {
  readonly #options: EngineConnectionsOptions
  readonly #rates = new Map<number, RateLimits>()
  readonly #sessions = new Map<number, KeptSession>()

  constructor(options: EngineConnectionsOptions) {
    this.#options = options
  }

  /** Undefined where the mail is not ours to synchronize. */
  forMail(request: WatchRequest, log: Logger): ConnectMail | undefined {
    const { mail } = request
    if (!mail) return undefined
    const session = this.#sessions.get(request.profile) ?? new KeptSession()
    this.#sessions.set(request.profile, session)
    return (signal, options) =>
      connectImap(this.#accountOf(request, mail), { ...this.#clientOptions(request, log), ...options }, signal, session)
  }

  /** Undefined where there are no calendars and address books. */
  forCollections(request: WatchRequest, log: Logger): CollectionsSource | undefined {
    const { collections, addressBooks } = request
    if (!collections) return undefined
    const { verifierFor, clientVersion } = this.#options
    const credentials = this.#credentialsOf(request)
    const options: DavHttpOptions = {
      verifier: verifierFor(request.identity),
      // A server may lead to another one of its domain, which is reached like itself.
      proxyTo: async ({ host }) => (host === addressBooks?.server.host ? addressBooks : collections).proxy,
      approvedHosts: [collections, addressBooks].flatMap(each => each?.server.host ?? []), // a person has named these
      ...{ credentials: async () => credentials, log, clientVersion, rates: this.#ratesOf(request) },
    }
    const places = {
      url: new URL(collections.server.url),
      addressBooks: addressBooks && new URL(addressBooks.server.url),
    }
    const account = JSON.stringify([places.url, places.addressBooks ?? null, request.user])
    return { account, connect: async signal => connectDav(places, options, signal) }
  }

  /** @throws {Error} where the mail is not ours: nobody watches that */
  forWatch(request: WatchRequest, log: Logger): ConnectWatch {
    const { mail } = request
    if (!mail) throw new Error('there is no mail server to watch')
    return signal => connectWatch(this.#accountOf(request, mail), this.#clientOptions(request, log), signal)
  }

  /** Ends the sessions that wait for their next use, of a profile or of all. */
  drop(profile?: number): void {
    const chosen = [...this.#sessions].filter(([number]) => profile === undefined || number === profile)
    for (const [, session] of chosen) session.drop()
  }

  #clientOptions(request: WatchRequest, log: Logger): ImapClientOptions {
    const { verifierFor, clientVersion } = this.#options
    return { verifier: verifierFor(request.identity), clientVersion, log, rates: this.#ratesOf(request) }
  }

  #ratesOf({ profile, settings }: WatchRequest): RateLimits {
    const rates = this.#rates.get(profile) ?? { download: new RateLimit(), upload: new RateLimit() }
    this.#rates.set(profile, rates)
    rates.download.set(settings.downloadKBps)
    rates.upload.set(settings.uploadKBps)
    return rates
  }

  #accountOf(request: WatchRequest, { server, proxy }: Reached<UpstreamUrl>): ImapAccount {
    const credentials = this.#credentialsOf(request)
    return { peer: server, security: server.security, proxy, credentials: async () => credentials }
  }

  #credentialsOf({ profile, user, password, mechanism, external }: WatchRequest): Credentials {
    if (external) return external
    if (password === undefined) return { user, token: refused => this.#options.token(profile, refused) }
    return { user, password, ...(mechanism ? { mechanism } : {}) }
  }
}
