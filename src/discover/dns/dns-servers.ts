import type { SrvRecord as NodeSrvRecord } from 'node:dns'
import { lookup, Resolver as NodeResolver } from 'node:dns/promises'
import { dnsFailed } from './dns-failed.ts'
import { askForSrv } from './lenient-srv.ts'
import { type Answer, joinAddresses, type MxRecord, type Resolver, recordsOf, type SrvRecord } from './resolver.ts'

// Two tries end well within the time that a source has.
const TIMEOUT_MS = 1000
const TRIES = 2

/** Gives the addresses of a name; none when it is not known. */
export type LookUp = (name: string) => Promise<readonly string[]>

/** Asks DNS servers over UDP, and over TCP where an answer is too long for it. */
export class DnsServers implements Resolver {
  readonly #resolver = new NodeResolver({ timeout: TIMEOUT_MS, tries: TRIES })
  readonly #lookUp: LookUp | undefined
  #lookedUp: Promise<unknown> = Promise.resolve()
  #isOver = false

  /**
   * `servers` are `IP` or `IP:PORT`; without them the system's are asked, and its file of hosts counts. `lookUpHere` asks the
   * system for names that DNS does not tell.
   */
  constructor(servers?: readonly string[], lookUpHere = servers ? undefined : lookUp) {
    this.#lookUp = lookUpHere
    if (servers) this.#resolver.setServers(servers)
  }

  async addresses(name: string): Promise<Answer<string>> {
    const asked = [ask(name, () => this.#resolver.resolve4(name)), ask(name, () => this.#resolver.resolve6(name))]
    const families = await Promise.allSettled(asked)
    const found = joinAddresses(...families.filter(each => each.status === 'fulfilled').map(({ value }) => value))
    if (recordsOf(found).length > 0) return found
    const local = await this.#lookUpInTurn(name)
    if (local.length > 0) return { kind: 'records', records: local }
    const failure = families.find(each => each.status === 'rejected')
    if (failure) throw failure.reason
    return found
  }

  async srv(name: string): Promise<Answer<SrvRecord>> {
    try {
      return await ask(name, async () => (await this.#resolver.resolveSrv(name)).map(toSrvRecord))
    } catch (error) {
      if (!(error instanceof Error) || codeOf(error.cause) !== 'EBADRESP') throw error
      return askForSrv(name, this.#resolver.getServers())
    }
  }

  mx(name: string): Promise<Answer<MxRecord>> {
    return ask(name, () => this.#resolver.resolveMx(name))
  }

  txt(name: string): Promise<Answer<string>> {
    return ask(name, async () => (await this.#resolver.resolveTxt(name)).map(parts => parts.join('')))
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#resolver.cancel()
  }

  // One after the other: each holds a thread of the pool, which files wait for as well, and cannot be ended.
  #lookUpInTurn(name: string): Promise<readonly string[]> {
    const ask = async () => (this.#isOver ? [] : ((await this.#lookUp?.(name)) ?? []))
    const asked = this.#lookedUp.then(ask, ask)
    this.#lookedUp = asked
    return asked
  }
}

async function ask<Value>(name: string, question: () => Promise<readonly Value[]>): Promise<Answer<Value>> {
  try {
    return { kind: 'records', records: await question() }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENODATA') return { kind: 'records', records: [] }
    if (code === 'ENOTFOUND') return { kind: 'no-such-name' }
    throw dnsFailed(name, code, error)
  }
}

// The hosts file, multicast DNS and what else the system knows: it is asked only for names that DNS does not tell.
async function lookUp(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return [] // what DNS said is what is told
  }
}

function toSrvRecord({ name: target, priority, weight, port }: NodeSrvRecord): SrvRecord {
  return { priority, weight, port, target }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
