import { createServer, type Server } from 'node:net'
import { PosternError } from '../errors.ts'
import type { NetErrorCode } from '../net/errors.ts'
import { loopbackAddresses } from '../net/listener.ts'
import { findPortOwner, type PortOwner } from '../net/port-owner.ts'

const MAX_TRIES = 200 // ports that are looked at behind the wished one
const LAST_PORT = 65_535

/** Why another port than the wished one is proposed. */
export interface TakenPort {
  readonly wishedPort: number
  /** `reserved`: the system lets this user not listen there. */
  readonly reason: 'taken' | 'reserved' | 'unusable'
  /** Who listens there, where the system tells. */
  readonly owner: PortOwner | undefined
}

/** A port that was free a moment ago. */
export interface FreePort {
  readonly port: number
  /** Undefined when it is the wished one. */
  readonly instead: TakenPort | undefined
}

/**
 * Finds for each wished port the next one that is free on every loopback address; no port is given twice. Nothing keeps
 * another program from taking one before it is used.
 *
 * @throws {PosternError} NET_PORT_TAKEN when none of the next 200 is free
 */
export async function findFreePorts(wished: readonly number[], hosts = loopbackAddresses()): Promise<FreePort[]> {
  const given = new Set<number>()
  const found: FreePort[] = []
  for (const port of wished) {
    const free = await findFreePort(port, { hosts, given })
    given.add(free.port)
    found.push(free)
  }
  return found
}

interface Search {
  readonly hosts: readonly string[]
  /** Ports that others of the same search have. */
  readonly given: ReadonlySet<number>
}

async function findFreePort(wishedPort: number, { hosts, given }: Search): Promise<FreePort> {
  let instead: TakenPort | undefined
  for (let port = wishedPort; port <= Math.min(LAST_PORT, wishedPort + MAX_TRIES); port++) {
    const obstacle = given.has(port) ? 'taken' : await obstacleAt(port, hosts)
    if (obstacle === undefined) return { port, instead }
    instead ??= { wishedPort, reason: obstacle, owner: given.has(port) ? undefined : await findPortOwner(port) }
  }
  throw new PosternError<NetErrorCode>(
    'NET_PORT_TAKEN',
    `No port from ${wishedPort} to ${Math.min(LAST_PORT, wishedPort + MAX_TRIES)} is free.`,
    { remedy: 'user', advice: 'Choose another range of ports.' },
  )
}

async function obstacleAt(port: number, hosts: readonly string[]): Promise<TakenPort['reason'] | undefined> {
  for (const host of hosts) {
    const obstacle = await probe(port, host)
    if (obstacle !== undefined) return obstacle
  }
  return undefined
}

async function probe(port: number, host: string): Promise<TakenPort['reason'] | undefined> {
  const server = createServer()
  try {
    await listen(server, port, host)
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'EADDRINUSE' ? 'taken' : code === 'EACCES' ? 'reserved' : 'unusable'
  } finally {
    if (server.listening) await close(server)
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, host, exclusive: true, ipv6Only: true }, resolve)
  return promise
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  return promise
}
