import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { makeServerCertificate, type ServerFiles } from '../../test/support/certificates.ts'
import { DOVECOT_PASSWORD, type Dovecot, startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, type Measured, printRatio, printTime } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USER = 'ada@example.test'

/** A first pull as a command of its own, against the raw FETCH floor and mbsync. */
export async function initialPull({ messages, rounds }: Sizes, isTls: boolean): Promise<void> {
  const certs = mkdtempSync(join(tmpdir(), 'postern-bench-certs-'))
  const certificate = await makeServerCertificate(certs)
  await using dovecot = await startDovecot({ users: [USER], certificate })
  const octets = generateMaildir(dovecot.maildir('ada'), { messages, seed: 1 })
  dovecot.own('ada')
  console.log(`initial pull over ${isTls ? 'TLS' : 'plain TCP'}: ${messages} messages, ${Math.round(octets / 1e6)} MB;`)
  console.log('  whole processes, from an empty store to everything imported and durable')
  await floor(dovecot, isTls) // fills the server's caches
  const times = await interleave(rounds, {
    floor: () => floor(dovecot, isTls),
    postern: () => pull(dovecot, isTls),
    relaxed: () => pullMbsync(dovecot, certificate, isTls, false),
    mbsync: () => pullMbsync(dovecot, certificate, isTls, true),
  })
  printTime('raw FETCH, thrown away', times.floor)
  printTime('postern sync', times.postern)
  printTime('mbsync', times.mbsync)
  printTime('mbsync, FSync no', times.relaxed)
  printRatio('raw FETCH', times.postern, times.floor)
  printRatio('mbsync', times.postern, times.mbsync, 0.5)
  printRatio('mbsync FSync no', times.postern, times.relaxed, 1)
  rmSync(certs, { recursive: true, force: true })
}

async function pull({ imapPort, imapsPort }: Dovecot, isTls: boolean): Promise<Measured> {
  await using peer = await PosternPeer.make({ user: USER, port: isTls ? imapsPort : imapPort, isTls })
  return await peer.syncOnce()
}

async function pullMbsync(dovecot: Dovecot, { caFile }: ServerFiles, isTls: boolean, isDurable: boolean) {
  const port = isTls ? dovecot.imapsPort : dovecot.imapPort
  using mbsync = new Mbsync({ user: USER, port, isDurable, sync: 'Pull', ...(isTls ? { caFile } : {}) })
  return await mbsync.run()
}

/** Reads all bodies off the wire and throws them away. */
async function floor({ imapPort, imapsPort }: Dovecot, isTls: boolean): Promise<Measured> {
  const host = '127.0.0.1'
  const socket = isTls ? connectTls({ port: imapsPort, host, rejectUnauthorized: false }) : connect(imapPort, host)
  await once(socket, 'data')
  socket.write(`a LOGIN ${USER} ${DOVECOT_PASSWORD}\r\n`)
  await until(socket, 'a OK')
  socket.write('b EXAMINE INBOX\r\n')
  await until(socket, 'b OK')
  const start = performance.now()
  socket.write('c UID FETCH 1:* (UID FLAGS BODY.PEEK[])\r\n')
  await until(socket, 'c OK')
  socket.destroy()
  return { seconds: (performance.now() - start) / 1000, megabytes: 0 }
}

async function until(socket: NodeJS.ReadableStream, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let tail: Buffer = Buffer.from('\n')
  const onData = (chunk: Buffer) => {
    if (Buffer.concat([tail, chunk.subarray(0, 64)]).includes(`\n${text}`) || chunk.includes(`\n${text}`)) resolve()
    tail = chunk.subarray(-64)
  }
  socket.on('data', onData)
  await promise
  socket.off('data', onData)
}
