import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'

/** Everything that came in at a scripted server, after decryption, connection by connection. */
export interface Captured {
  readonly at: string
  /** Whether it came inside TLS; a connection that turns to TLS has two parts. */
  readonly isEncrypted: boolean
  text: string
}

/** Where scripted servers listen, and with what certificate. */
export interface ScriptedAt {
  readonly ip: string
  readonly port: number
  readonly captured: Captured[]
  readonly context?: SecureContext
}

/** Makes a secure context of PEM texts. */
export function contextOf(cert: string, key: string): SecureContext {
  return createSecureContext({ cert, key })
}

/** Passes connections on to a port of 127.0.0.1: a real server by another address. */
export function startForwarder({ ip, port }: Pick<ScriptedAt, 'ip' | 'port'>, to: number): Promise<Server> {
  return listen({ ip, port }, socket => {
    const onward = connect(to, '127.0.0.1')
    for (const each of [socket, onward]) each.on('error', () => undefined)
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
}

/** An answer of a scripted web server; undefined never comes. */
export type WebAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | undefined

/** Starts a web server, with TLS where there is a certificate. Its answers go by the request. */
export function startWeb(
  at: ScriptedAt,
  answer: (request: IncomingMessage, body: Buffer) => WebAnswer,
): Promise<Server> {
  const http = createHttpServer((request, response) => void respond(request, response, answer))
  return listen(at, plain => {
    const socket = at.context ? encrypt(plain, at.context) : plain
    http.emit('connection', socket)
    capture(socket, at, at.context !== undefined) // after it: http reads around listeners that were there before
  })
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage, body: Buffer) => WebAnswer,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const said = answer(request, Buffer.concat(chunks))
  if (said) response.writeHead(said.status, said.headers).end(said.body)
}

/** How a scripted mail server behaves. */
export interface MailScript {
  readonly protocol: 'imap' | 'smtp' | 'sieve'
  readonly security: 'tls' | 'starttls' | 'none'
  /** Its ways to sign in: of IMAP, words of CAPABILITY; of the others, names of mechanisms. */
  readonly mechanisms: readonly string[]
  /** Instead of its usual greeting. */
  readonly greeting?: string
  /** What is said in plain text right after the agreement to TLS. */
  readonly injects?: string
  /** Whom it lets in; nobody without it. */
  readonly accepts?: { readonly user: string; readonly password: string }
  /** It ends the connection where it would refuse a sign-in. */
  readonly hangsUp?: boolean
}

/** Starts a mail server that says little and remembers everything. */
export function startMail(at: ScriptedAt, script: MailScript): Promise<Server> {
  return listen(at, plain => {
    const isTls = script.security === 'tls'
    const socket = isTls && at.context ? encrypt(plain, at.context) : plain
    talk(socket, at, { script, isEncrypted: isTls, isGreeting: true })
  })
}

interface Talk {
  readonly script: MailScript
  readonly isEncrypted: boolean
  readonly isGreeting: boolean
}

const GREETINGS = {
  imap: () => '* OK hello\r\n',
  smtp: () => '220 hello\r\n',
  sieve: capabilitiesOfSieve,
}

function talk(socket: Socket, at: ScriptedAt, { script, isEncrypted, isGreeting }: Talk): void {
  let held = ''
  const offersTls = script.security === 'starttls' && !isEncrypted
  const greets = isGreeting || script.protocol === 'sieve' // RFC 5804 section 2.2: again after STARTTLS
  if (greets) socket.write(script.greeting ?? GREETINGS[script.protocol](script, offersTls))
  const onData = (chunk: Buffer) => {
    held += chunk.toString('latin1')
    for (let end = held.indexOf('\r\n'); end !== -1; end = held.indexOf('\r\n')) {
      const line = held.slice(0, end)
      held = held.slice(end + 2)
      const said = reply(line, script, offersTls)
      if (script.hangsUp && /^\S+ NO |^535 |^NO /.test(said)) return void socket.destroy()
      if (said !== 'tls') {
        socket.write(said)
        continue
      }
      socket.off('data', onData).pause()
      socket.write(`${GO_AHEADS[script.protocol](line)}${script.injects ?? ''}`)
      if (at.context) talk(encrypt(socket, at.context), at, { script, isEncrypted: true, isGreeting: false })
      return
    }
  }
  capture(socket, at, isEncrypted)
  socket.on('data', onData)
}

const GO_AHEADS = {
  imap: (line: string) => `${line.split(' ')[0]} OK go\r\n`,
  smtp: () => '220 go\r\n',
  sieve: () => 'OK\r\n',
}

function reply(line: string, script: MailScript, offersTls: boolean): string {
  if (script.protocol === 'imap') return replyImap(line, script, offersTls)
  return script.protocol === 'smtp' ? replySmtp(line, script, offersTls) : replySieve(line, script)
}

function replyImap(line: string, { mechanisms, accepts }: MailScript, offersTls: boolean): string {
  const [tag = '*', command = '', ...words] = line.split(' ')
  if (/^CAPABILITY$/i.test(command)) {
    return `* CAPABILITY IMAP4rev1 SASL-IR ${[...(offersTls ? ['STARTTLS'] : []), ...mechanisms].join(' ')}\r\n${tag} OK\r\n`
  }
  if (/^STARTTLS$/i.test(command)) return offersTls ? 'tls' : `${tag} BAD\r\n`
  if (/^LOGOUT$/i.test(command)) return `* BYE\r\n${tag} OK\r\n`
  if (/^AUTHENTICATE$/i.test(command))
    return `${tag} ${isRight(words[1], accepts) ? 'OK' : 'NO [AUTHENTICATIONFAILED]'} so\r\n`
  return `${tag} OK\r\n`
}

function replySmtp(line: string, { mechanisms, accepts }: MailScript, offersTls: boolean): string {
  if (/^EHLO/i.test(line)) {
    const extensions = [
      ...(offersTls ? ['STARTTLS'] : []),
      ...(mechanisms.length > 0 ? [`AUTH ${mechanisms.join(' ')}`] : []),
    ]
    return ['hello', ...extensions]
      .map((text, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${text}\r\n`)
      .join('')
  }
  if (/^STARTTLS/i.test(line)) return offersTls ? 'tls' : '502 no\r\n'
  if (/^AUTH PLAIN/i.test(line)) return isRight(line.split(' ')[2], accepts) ? '235 so\r\n' : '535 no\r\n'
  return /^QUIT/i.test(line) ? '221 bye\r\n' : '250 so\r\n'
}

function replySieve(line: string, { accepts }: MailScript): string {
  if (/^STARTTLS/i.test(line)) return 'tls'
  if (/^AUTHENTICATE/i.test(line)) return isRight(line.split('"')[3], accepts) ? 'OK\r\n' : 'NO "wrong"\r\n'
  return 'OK\r\n'
}

function capabilitiesOfSieve({ mechanisms }: MailScript, offersTls: boolean): string {
  return `"IMPLEMENTATION" "scripted"\r\n"SASL" "${mechanisms.join(' ')}"\r\n${offersTls ? '"STARTTLS"\r\n' : ''}OK\r\n`
}

function isRight(response: string | undefined, accepts: MailScript['accepts']): boolean {
  const [, user, password] = Buffer.from(response ?? '', 'base64')
    .toString()
    .split('\0')
  return accepts !== undefined && user === accepts.user && password === accepts.password
}

/** Tells whether what came in holds a secret, as it is or in base64. */
export function holds(text: string, secret: string): boolean {
  if (text.includes(secret)) return true
  const words = text.match(/[A-Za-z0-9+/]{4,}={0,2}/g) ?? []
  return words.some(word => Buffer.from(word, 'base64').includes(secret))
}

function encrypt(socket: Socket, secureContext: SecureContext): TLSSocket {
  const tls = new TLSSocket(socket, { isServer: true, secureContext })
  return tls.on('error', () => undefined) // clients that do not like the certificate go away
}

function capture(socket: Socket, { ip, port, captured }: ScriptedAt, isEncrypted: boolean): void {
  const entry: Captured = { at: `${ip}:${port}`, isEncrypted, text: '' }
  captured.push(entry)
  socket.on('data', chunk => {
    entry.text += chunk.toString('latin1')
  })
}

async function listen({ ip, port }: Pick<ScriptedAt, 'ip' | 'port'>, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => undefined) // what a client breaks off is its own affair
    serve(socket)
  })
  server.listen(port, ip)
  await once(server, 'listening')
  return server
}
