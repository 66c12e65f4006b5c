// Runs POP3 sessions one after another on a number of connections at once and tells its parent how many a second ended well.
import { connect, type Socket } from 'node:net'
import { createSecureContext, connect as tlsConnect } from 'node:tls'

interface Options {
  readonly port: number
  readonly concurrency: number
  readonly seconds: number
  readonly isTls: boolean
  readonly user: string
  readonly password: string
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options // from bench/pop3.ts
const steps = [`USER ${options.user}\r\n`, `PASS ${options.password}\r\n`, 'STAT\r\n', 'QUIT\r\n']
const secureContext = createSecureContext()
const end = performance.now() + options.seconds * 1000
let sessions = 0

function open(): Socket {
  const { port, isTls } = options
  if (!isTls) return connect({ port, host: '127.0.0.1', noDelay: true })
  // A new handshake for every session: nothing is resumed.
  return tlsConnect({ port, host: '127.0.0.1', secureContext, rejectUnauthorized: false })
}

function session(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = open()
  let step = 0
  let isEmpty = false
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    if (text.startsWith('+OK 0 0')) isEmpty = true
    const next = steps[step++]
    if (next) socket.write(next)
    else socket.end()
  })
  socket.on('error', () => resolve(false)).on('close', () => resolve(isEmpty))
  return promise
}

async function run(): Promise<void> {
  while (performance.now() < end) if (await session()) sessions++
}

await Promise.all(Array.from({ length: options.concurrency }, run))
process.send?.(sessions / options.seconds)
