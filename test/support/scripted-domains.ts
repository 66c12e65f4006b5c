import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { makeServerCertificate } from './certificates.ts'
import { DOVECOT_PASSWORD, type Dovecot, startDovecot } from './dovecot.ts'
import { type Radicale, startRadicale } from './radicale.ts'
import { type ScriptedDns, type ScriptedZone, startDns } from './scripted-dns.ts'
import {
  type Captured,
  contextOf,
  holds,
  type MailScript,
  startForwarder,
  startMail,
  startWeb,
  type WebAnswer,
} from './scripted-servers.ts'

/** The password of everybody in the scripted domains. */
export const PASSWORD = DOVECOT_PASSWORD

/** The people, one in each domain. */
export const PEOPLE = {
  autoconfig: 'ada@only-autoconfig.test',
  srv: 'ada@only-srv.test',
  autodiscover: 'ada@only-autodiscover.test',
  guess: 'ada@only-guesses.test',
  contradicting: 'ada@contradicting.test',
  foreign: 'ada@foreign.test',
  plain: 'ada@plain.test',
  expired: 'ada@expired.test',
  slow: 'ada@slow.test',
  unknown: 'ada@no-such-domain.test',
  idn: 'ada@bücher.test',
  oauth: 'ada@oauth.test',
  /** Of the examples that `--help` shows. */
  example: 'ada@example.org',
} as const

const IDN = 'xn--bcher-kva.test'
const PLACES = [
  'only-autoconfig.test',
  'only-srv.test',
  'only-autodiscover.test',
  'hosting.test',
  'only-guesses.test',
  'contradicting.test',
  'other.contradicting.test',
  'foreign.test',
  'provider.test',
  'plain.test',
  'expired.test',
  'slow.test',
  IDN,
  'oauth.test',
  'example.org',
  'dav.example.org',
] as const
type Place = (typeof PLACES)[number]

/** Where a domain's servers listen: an address that no other process of the tests has, since the ports are the well-known ones. */
export function ipOf(place: Place): string {
  return ['127', 64 + ((process.pid >> 8) & 127), process.pid & 255, 11 + PLACES.indexOf(place)].join('.')
}

const NAMES = PLACES.flatMap(name =>
  ['', 'autoconfig.', 'autodiscover.', 'imap.', 'smtp.', 'box.'].map(label => `${label}${name}`),
)

/**
 * Twelve mail domains on this machine, and that of the examples: DNS, web servers, a real Dovecot with an SMTP server beside it behind some, scripted
 * mail servers that remember everything behind the others.
 */
export class ScriptedDomains implements AsyncDisposable {
  readonly dir: string
  readonly dns: ScriptedDns
  readonly dovecot: Dovecot
  /** PEM of the CA that vouches for all of them. */
  readonly caFile: string
  /** The certificate that is expired. */
  readonly expiredFile: string
  readonly captured: Captured[]
  readonly #ends: readonly (() => unknown)[]

  private constructor(
    parts: Pick<ScriptedDomains, 'dir' | 'dns' | 'dovecot' | 'caFile' | 'expiredFile' | 'captured'>,
    ends: readonly (() => unknown)[],
  ) {
    this.dir = parts.dir
    this.dns = parts.dns
    this.dovecot = parts.dovecot
    this.caFile = parts.caFile
    this.expiredFile = parts.expiredFile
    this.captured = parts.captured
    this.#ends = ends
  }

  /** `hasCalendars`: a real Radicale is at dav.example.org. */
  static async start({ hasCalendars = false } = {}): Promise<ScriptedDomains> {
    const dir = await mkdtemp(join(tmpdir(), 'postern-domains-'))
    const good = await makeServerCertificate(dir, { names: NAMES })
    const expired = await makeServerCertificate(dir, { names: NAMES, expired: true, keyFile: good.keyFile })
    const users = [...Object.values(PEOPLE), `ada@${IDN}`].filter(user => /^[\x21-\x7e]+$/.test(user))
    const dovecot = await startDovecot({ users, certificate: good })
    const captured: Captured[] = []
    const [cert, key] = [readFileSync(good.certFile, 'utf8'), readFileSync(good.keyFile, 'utf8')]
    const smtp = await startSmtp({ cert, key, users })
    const contexts = {
      good: contextOf(cert, key),
      expired: contextOf(readFileSync(expired.certFile, 'utf8'), key),
    }
    const radicale = hasCalendars
      ? await startRadicale({ users: [PEOPLE.example], password: PASSWORD, files: good })
      : undefined
    const servers = await new Stage(captured, contexts, { dovecot, smtp, radicale }).open()
    const dns = await startDns(ZONE)
    const ends = [
      ...servers.map(server => () => server.close()),
      () => smtp.tls.close(),
      () => smtp.startTls.close(),
      () => radicale?.[Symbol.asyncDispose](),
    ]
    return new ScriptedDomains(
      { dir, dns, dovecot, caFile: good.caFile, expiredFile: expired.certFile, captured },
      ends,
    )
  }

  /** The servers that have seen a secret. */
  whoHolds(secret: string): readonly string[] {
    return [...new Set(this.captured.filter(({ text }) => holds(text, secret)).map(({ at }) => at))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end()
    await this.dns[Symbol.asyncDispose]()
    await this.dovecot[Symbol.asyncDispose]()
    await rm(this.dir, { recursive: true, force: true })
  }
}

/** The address of every name that has one, for who asks no DNS. */
export function addressesByName(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(ZONE).flatMap(([name, { A = [] }]) => (A[0] === undefined ? [] : [[name, A[0]]])),
  )
}

const at = (place: Place, ...labels: readonly string[]): ScriptedZone =>
  Object.fromEntries(['', ...labels].map(label => [`${label}${place}`, { A: [ipOf(place)] }]))
const srv = (port: number, target: string, priority = 0) => ({ priority, weight: 0, port, target })

const ZONE: ScriptedZone = {
  ...at('only-autoconfig.test', 'autoconfig.', 'box.'),
  ...at('only-srv.test', 'box.'),
  '_imaps._tcp.only-srv.test': { SRV: [srv(994, 'box.only-srv.test', 0), srv(993, 'box.only-srv.test', 1)] },
  '_imap._tcp.only-srv.test': { SRV: [srv(0, '.')] },
  '_submissions._tcp.only-srv.test': { SRV: [srv(465, 'box.only-srv.test')] },
  '_sieve._tcp.only-srv.test': { SRV: [srv(4190, 'box.only-srv.test')] },
  '_caldavs._tcp.only-srv.test': { SRV: [srv(443, 'box.only-srv.test')] },
  '_caldavs._tcp.box.only-srv.test': {},
  ...at('only-autodiscover.test', 'autodiscover.', 'box.'),
  ...at('hosting.test', 'autodiscover.'),
  ...at('only-guesses.test', 'imap.', 'smtp.'),
  ...at('contradicting.test', 'autoconfig.', 'box.'),
  ...at('other.contradicting.test'),
  '_imaps._tcp.contradicting.test': { SRV: [srv(993, 'other.contradicting.test')] },
  '_submissions._tcp.contradicting.test': { SRV: [srv(465, 'other.contradicting.test')] },
  ...at('foreign.test'),
  ...at('provider.test', 'imap.', 'smtp.'),
  '_imaps._tcp.foreign.test': { SRV: [srv(993, 'imap.provider.test')] },
  '_submissions._tcp.foreign.test': { SRV: [srv(465, 'smtp.provider.test')] },
  ...at('plain.test', 'imap.'),
  ...at('expired.test', 'autoconfig.', 'imap.'),
  ...at('slow.test', 'autoconfig.', 'box.'),
  '_imaps._tcp.slow.test': { SRV: [srv(993, 'box.slow.test')] },
  ...at(IDN, 'box.'),
  [`_imaps._tcp.${IDN}`]: { SRV: [srv(993, `box.${IDN}`)] },
  ...at('oauth.test', 'imap.', 'smtp.'),
  ...at('example.org', 'autoconfig.', 'imap.', 'smtp.'),
  ...at('dav.example.org'),
}

interface Smtp {
  readonly tls: SMTPServer
  readonly startTls: SMTPServer
  readonly tlsPort: number
  readonly startTlsPort: number
}

interface RealServers {
  readonly dovecot: Dovecot
  readonly smtp: Smtp
  readonly radicale: Radicale | undefined
}

/** Puts the servers of all domains where DNS says that they are. */
class Stage {
  readonly #captured: Captured[]
  readonly #contexts: Record<'good' | 'expired', ReturnType<typeof contextOf>>
  readonly #real: RealServers

  constructor(
    captured: Captured[],
    contexts: Record<'good' | 'expired', ReturnType<typeof contextOf>>,
    real: RealServers,
  ) {
    this.#captured = captured
    this.#contexts = contexts
    this.#real = real
  }

  open(): Promise<Server[]> {
    const { smtp, radicale } = this.#real
    const spy = { protocol: 'imap', security: 'tls', mechanisms: ['AUTH=PLAIN'] } as const
    const provider = { user: PEOPLE.foreign, password: PASSWORD }
    return Promise.all([
      this.#web('only-autoconfig.test', { '/mail/config-v1.1.xml': autoconfig('box.only-autoconfig.test') }),
      this.#imaps('only-autoconfig.test'),
      this.#forward('only-autoconfig.test', 465, smtp.tlsPort),
      this.#imaps('only-srv.test'),
      this.#forward('only-srv.test', 465, smtp.tlsPort),
      this.#mail('only-srv.test', 4190, {
        protocol: 'sieve',
        security: 'starttls',
        mechanisms: ['PLAIN'],
        accepts: { user: PEOPLE.srv, password: PASSWORD },
      }),
      this.#web('only-srv.test', {}, dav),
      this.#redirect('only-autodiscover.test', 'https://autodiscover.hosting.test/autodiscover/autodiscover.xml'),
      this.#web('hosting.test', { '/autodiscover/autodiscover.xml': autodiscover('box.only-autodiscover.test') }),
      this.#imaps('only-autodiscover.test'),
      this.#forward('only-autodiscover.test', 587, smtp.startTlsPort),
      this.#forward('only-guesses.test', 143, this.#real.dovecot.imapPort),
      this.#forward('only-guesses.test', 587, smtp.startTlsPort),
      this.#web('contradicting.test', { '/mail/config-v1.1.xml': autoconfig('box.contradicting.test') }),
      this.#imaps('contradicting.test'),
      this.#forward('contradicting.test', 465, smtp.tlsPort),
      this.#mail('other.contradicting.test', 993, spy),
      this.#mail('other.contradicting.test', 465, { protocol: 'smtp', security: 'tls', mechanisms: ['PLAIN'] }),
      this.#mail('provider.test', 993, { ...spy, accepts: provider }),
      this.#mail('provider.test', 465, { protocol: 'smtp', security: 'tls', mechanisms: ['PLAIN'], accepts: provider }),
      this.#mail('plain.test', 143, { protocol: 'imap', security: 'none', mechanisms: ['AUTH=PLAIN'] }),
      this.#web('expired.test', {}, () => ({ status: 404 }), 'expired'),
      this.#mail('expired.test', 993, { ...spy, accepts: { user: PEOPLE.expired, password: PASSWORD } }, 'expired'),
      this.#web('slow.test', {}, () => undefined),
      this.#imaps('slow.test'),
      this.#imaps(IDN),
      this.#mail('oauth.test', 993, { ...spy, mechanisms: ['LOGINDISABLED', 'AUTH=XOAUTH2', 'AUTH=OAUTHBEARER'] }),
      this.#mail('oauth.test', 465, { protocol: 'smtp', security: 'tls', mechanisms: ['XOAUTH2'] }),
      this.#web('example.org', {
        '/mail/config-v1.1.xml': autoconfig('imap.example.org', 'smtp.example.org'),
        '/password': 'changed',
      }),
      this.#imaps('example.org'),
      this.#forward('example.org', 465, smtp.tlsPort),
      ...(radicale ? [this.#forward('dav.example.org', 443, Number(radicale.url.port))] : []),
    ])
  }

  #imaps(place: Place): Promise<Server> {
    return this.#forward(place, 993, this.#real.dovecot.imapsPort)
  }

  #forward(place: Place, port: number, to: number): Promise<Server> {
    return startForwarder({ ip: ipOf(place), port }, to)
  }

  #mail(place: Place, port: number, script: MailScript, certificate: 'good' | 'expired' = 'good'): Promise<Server> {
    return startMail({ ip: ipOf(place), port, captured: this.#captured, context: this.#contexts[certificate] }, script)
  }

  #web(
    place: Place,
    pages: Readonly<Record<string, string>>,
    otherwise: Parameters<typeof startWeb>[1] = () => ({ status: 404 }),
    certificate: 'good' | 'expired' = 'good',
  ): Promise<Server> {
    const web = { ip: ipOf(place), port: 443, captured: this.#captured, context: this.#contexts[certificate] }
    return startWeb(web, (request, body) => {
      const page = pages[request.url?.split('?', 1)[0] ?? '']
      return page === undefined
        ? otherwise(request, body)
        : { status: 200, headers: { 'content-type': 'text/xml' }, body: page }
    })
  }

  #redirect(place: Place, location: string): Promise<Server> {
    return startWeb({ ip: ipOf(place), port: 80, captured: this.#captured }, () => ({
      status: 302,
      headers: { location },
    }))
  }
}

// A CalDAV server that begins at /dav/, and wants a password there.
function dav(request: Parameters<Parameters<typeof startWeb>[1]>[0]): WebAnswer {
  if (request.url === '/.well-known/caldav') return { status: 301, headers: { location: '/dav/' } }
  if (request.method !== 'PROPFIND' || request.url !== '/dav/') return { status: 404 }
  const right = `Basic ${Buffer.from(`${PEOPLE.srv}:${PASSWORD}`).toString('base64')}`
  if (request.headers.authorization === right) return { status: 207, body: '<multistatus xmlns="DAV:"/>' }
  return { status: 401, headers: { 'www-authenticate': 'Basic realm="calendars"' } }
}

async function startSmtp({ cert, key, users }: { cert: string; key: string; users: readonly string[] }): Promise<Smtp> {
  const options: ConstructorParameters<typeof SMTPServer>[0] = {
    cert,
    key,
    authMethods: ['PLAIN'],
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      const isRight = users.includes(username ?? '') && password === PASSWORD
      if (isRight) done(null, { user: username })
      else done(new Error('wrong'))
    },
  }
  const tls = new SMTPServer({ ...options, secure: true })
  const startTls = new SMTPServer(options)
  for (const server of [tls, startTls]) server.on('error', () => undefined)
  return { tls, startTls, tlsPort: await portOf(tls), startTlsPort: await portOf(startTls) }
}

function portOf(server: SMTPServer): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const listening = server.listen(0, '127.0.0.1', () => {
    const address = listening.address()
    resolve(typeof address === 'object' && address ? address.port : 0)
  })
  return promise
}

function autoconfig(host: string, smtpHost = host): string {
  return `<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="scripted">
  <incomingServer type="pop3"><hostname>${host}</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap"><hostname>${host}</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>${smtpHost}</hostname><port>465</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>`
}

function autodiscover(host: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
    <Account><AccountType>email</AccountType><Action>settings</Action>
      <Protocol><Type>IMAP</Type><Server>${host}</Server><Port>993</Port><SSL>on</SSL><LoginName></LoginName></Protocol>
      <Protocol><Type>SMTP</Type><Server>${host}</Server><Port>587</Port><Encryption>TLS</Encryption></Protocol>
    </Account></Response></Autodiscover>`
}
