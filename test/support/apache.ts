import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerFiles } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { endServer, untilItListens } from './real-server.ts'

/** The password of the user `ada`. */
export const APACHE_PASSWORD = 'open, sesame: "now"'

const PROGRAM = '/usr/sbin/apache2'
const REALM = 'calendars'
const MODULES = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authn_file', 'authz_user', 'auth_basic', 'auth_digest'],
  ...['dav', 'dav_fs', 'alias', 'headers', 'rewrite', 'dir', 'mime', 'ssl'],
]

/** What a private Apache is to have. */
export interface ApacheOptions {
  /** How `/dav/` is signed in to: a folder of mod_dav, which knows nothing of calendars. */
  readonly auth: 'Digest' | 'Basic' | 'none'
  /** Lines of its configuration. */
  readonly lines?: readonly string[]
  /** With these it speaks TLS alone. */
  readonly files?: ServerFiles
}

/** Why no Apache can be started here; undefined when one can. */
export function apacheMissing(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'apache2-bin is not installed'
}

/** Starts an Apache of our own on a free loopback port. */
export async function startApache({ auth, lines = [], files }: ApacheOptions): Promise<Apache> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-apache-'))
  const [port = 0] = await freePorts(1)
  mkdirSync(join(dir, 'www/dav/work'), { recursive: true })
  const digest = createHash('md5').update(`ada:${REALM}:${APACHE_PASSWORD}`).digest('hex')
  writeFileSync(join(dir, 'digests'), `ada:${REALM}:${digest}\n`)
  const sha = createHash('sha1').update(APACHE_PASSWORD).digest('base64')
  writeFileSync(join(dir, 'passwords'), `ada:{SHA}${sha}\n`)
  writeFileSync(join(dir, 'httpd.conf'), configuration(dir, port, { auth, lines, ...(files ? { files } : {}) }))
  chmodSync(dir, 0o755)
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'nobody', dir])
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn(PROGRAM, ['-D', 'FOREGROUND', '-f', join(dir, 'httpd.conf')], { stdio: ['ignore', log, log] })
  await untilItListens(child, port, `Apache (see ${dir}/log)`)
  return new Apache(dir, child, new URL(`${files ? 'https' : 'http'}://127.0.0.1:${port}/`))
}

/** A private Apache. */
export class Apache implements AsyncDisposable {
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

function configuration(dir: string, port: number, { auth, lines = [], files }: ApacheOptions): string {
  const load = MODULES.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  const tls = files
    ? ['SSLEngine on', `SSLCertificateFile ${files.certFile}`, `SSLCertificateKeyFile ${files.keyFile}`]
    : []
  const file = auth === 'Digest' ? `${dir}/digests` : `${dir}/passwords`
  const check = [`AuthType ${auth}`, `AuthName ${REALM}`, `AuthUserFile ${file}`, 'Require valid-user']
  return `
ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/pid
Listen 127.0.0.1:${port}
User nobody
Group nogroup
ErrorLog ${dir}/log
Mutex file:${dir}
${load.filter(line => files || !line.includes('ssl_module')).join('\n')}
DavLockDB ${dir}/locks
DocumentRoot ${dir}/www
TypesConfig /dev/null
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
${tls.join('\n')}
<Location /dav/>
  Dav On
  ${auth === 'none' ? '' : check.join('\n  ')}
</Location>
${lines.join('\n')}
`
}
