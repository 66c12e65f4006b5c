import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerFiles } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { endServer, untilItListens } from './real-server.ts'

/** The password of every user. */
export const RADICALE_PASSWORD = 'correct horse'

const MODULE = '/usr/lib/python3/dist-packages/radicale'

/** What a private Radicale is to have. */
export interface RadicaleOptions {
  readonly users: readonly string[]
  /** Of every user; {@link RADICALE_PASSWORD} by default. */
  readonly password?: string
  /** With these it speaks TLS alone. */
  readonly files?: ServerFiles
}

/** Why no Radicale can be started here; undefined when one can. */
export function radicaleMissing(): string | undefined {
  return existsSync(MODULE) ? undefined : 'radicale is not installed'
}

/**
 * Starts a Radicale of our own on a free loopback port. Everybody has everything below their name; collections called
 * `shared-…` may be read by all.
 */
export async function startRadicale({
  users,
  password = RADICALE_PASSWORD,
  files,
}: RadicaleOptions): Promise<Radicale> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-radicale-'))
  const [port = 0] = await freePorts(1)
  writeFileSync(join(dir, 'users'), users.map(user => `${user}:${password}\n`).join(''))
  writeFileSync(join(dir, 'rights'), RIGHTS)
  writeFileSync(join(dir, 'config'), configuration(dir, port, files))
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn('/usr/bin/python3', ['-m', 'radicale', '--config', join(dir, 'config')], {
    stdio: ['ignore', log, log],
  })
  await untilItListens(child, port, `Radicale (see ${dir}/log)`)
  return new Radicale(dir, child, new URL(`${files ? 'https' : 'http'}://127.0.0.1:${port}/`))
}

/** A private Radicale. */
export class Radicale implements AsyncDisposable {
  readonly dir: string
  readonly url: URL
  readonly #child: ChildProcess

  constructor(dir: string, child: ChildProcess, url: URL) {
    this.dir = dir
    this.#child = child
    this.url = url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#child, this.dir)
  }
}

const RIGHTS = `
[root]
user: .+
collection:
permissions: R
[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw
[shared]
user: .+
collection: [^/]+/shared-[^/]+
permissions: r
`

function configuration(dir: string, port: number, files: ServerFiles | undefined): string {
  return `
[server]
hosts = 127.0.0.1:${port}
max_connections = 100
ssl = ${files ? 'True' : 'False'}
certificate = ${files?.certFile ?? ''}
key = ${files?.keyFile ?? ''}
[auth]
type = htpasswd
htpasswd_filename = ${dir}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = ${dir}/rights
[storage]
filesystem_folder = ${dir}/data
[logging]
level = info
`
}
