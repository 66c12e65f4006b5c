import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-port.ts'
import { until } from './until.ts'

/** Names that these proxies alone can resolve: each is 127.0.0.1. */
export const PROXIED_HOSTS = ['imap.example.test', 'smtp.example.test'] as const

/** A real proxy as a process of its own. */
export type ProxyProgram = 'tinyproxy' | 'microsocks' | 'danted'

/** What a proxy is to be like. */
export interface RealProxyOptions {
  readonly port?: number
  readonly user?: string
  readonly password?: string
  /** tinyproxy: the one port that it connects to. */
  readonly onlyPort?: number
  /** Addresses of names that it alone knows. */
  readonly hosts?: Readonly<Record<string, string>>
  /** danted: it lets nobody through. */
  readonly blocks?: boolean
}

/** Why no such proxy can be started here; undefined when one can. */
export function proxyMissing(program: ProxyProgram): string | undefined {
  if (spawnSync(program, ['-h']).error) return `${program} is not installed`
  const { stderr } = spawnSync('true', [], { env: { LD_PRELOAD: 'libnss_wrapper.so' } })
  return stderr.length > 0 ? 'libnss-wrapper is not installed' : undefined
}

/** Starts a real proxy on loopback, with names of its own. */
export async function startRealProxy(program: ProxyProgram, options: RealProxyOptions = {}): Promise<RealProxy> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-proxy-'))
  const [free = 0] = await freePorts(1)
  const port = options.port ?? free
  const hosts = join(dir, 'hosts')
  const known = options.hosts ?? Object.fromEntries(PROXIED_HOSTS.map(host => [host, '127.0.0.1']))
  writeFileSync(
    hosts,
    Object.entries(known)
      .map(([host, ip]) => `${ip} ${host}\n`)
      .join(''),
  )
  const env = { ...process.env, LD_PRELOAD: 'libnss_wrapper.so', NSS_WRAPPER_HOSTS: hosts }
  const child = spawn(program, argumentsOf(program, dir, { ...options, port }), { env, stdio: 'ignore' })
  const proxy = new RealProxy(dir, port, child)
  await until(`${program} listens`, async () => ((await listens(port)) ? true : undefined))
  return proxy
}

/** A running proxy; ends with the test. */
export class RealProxy implements AsyncDisposable {
  readonly port: number
  readonly #dir: string
  readonly #child: ChildProcess

  constructor(dir: string, port: number, child: ChildProcess) {
    this.#dir = dir
    this.port = port
    this.#child = child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

function argumentsOf(program: ProxyProgram, dir: string, options: RealProxyOptions): string[] {
  const { port, user, password } = options
  if (program === 'microsocks') {
    return ['-i', '127.0.0.1', '-p', String(port), ...(user ? ['-u', user, '-P', password ?? ''] : [])]
  }
  const file = join(dir, `${program}.conf`)
  writeFileSync(file, program === 'tinyproxy' ? tinyproxyConfig(options) : dantedConfig(options))
  return program === 'tinyproxy' ? ['-d', '-c', file] : ['-f', file, '-p', join(dir, 'pid')]
}

function tinyproxyConfig({ port, user, password, onlyPort }: RealProxyOptions): string {
  return [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 600',
    'MaxClients 100',
    'LogLevel Critical',
    ...(user ? [`BasicAuth ${user} ${password}`] : []),
    ...(onlyPort ? [`ConnectPort ${onlyPort}`] : []),
    '',
  ].join('\n')
}

function dantedConfig({ port, blocks }: RealProxyOptions): string {
  const rule = blocks ? 'block' : 'pass'
  return `
internal: 127.0.0.1 port = ${port}
external: lo
socksmethod: none
clientmethod: none
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks ${rule} { from: 0.0.0.0/0 to: 0.0.0.0/0 }
`
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // not yet
  } finally {
    socket.destroy()
  }
}
