import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-port.ts'
import { endServer, untilItListens } from './real-server.ts'

const PROGRAM = '/usr/bin/xandikos'

/** Why no Xandikos can be started here; undefined when one can. */
export function xandikosMissing(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'xandikos is not installed'
}

/** Starts a Xandikos of our own on a free loopback port. It asks nobody to sign in, and has one user. */
export async function startXandikos(): Promise<Xandikos> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-xandikos-'))
  const [port = 0] = await freePorts(1)
  const log = openSync(join(dir, 'log'), 'a')
  const options = ['-l', '127.0.0.1', '-p', String(port), '-d', join(dir, 'data')]
  const child = spawn(PROGRAM, [...options, '--current-user-principal=/user/', '--autocreate', '--defaults'], {
    stdio: ['ignore', log, log],
  })
  await untilItListens(child, port, `Xandikos (see ${dir}/log)`)
  return new Xandikos(dir, child, new URL(`http://127.0.0.1:${port}/`))
}

/** A private Xandikos. */
export class Xandikos implements AsyncDisposable {
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
