import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './free-port.ts'
import { endServer, greets, untilItGreets } from './real-server.ts'

/** Who may sign in, and how. */
export const POSTFIX_USER = 'ada@example.test'
export const POSTFIX_PASSWORD = 'secret'
const TIMEOUT_MS = 15_000

// One line of master.cf per service: name, type, private, unprivileged, chroot, wakeup, limit, command.
const SERVICES = `
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`

/** What a private Postfix is to have. */
export interface PostfixOptions {
  /** PEM files for STARTTLS and implicit TLS. */
  readonly certificate: { readonly certFile: string; readonly keyFile: string }
  /** The server that it relays everything to. */
  readonly relayPort: number
}

/** Why no Postfix can be started here; undefined when one can. */
export function postfixMissing(): string | undefined {
  if (!existsSync('/usr/sbin/postfix')) return 'postfix is not installed'
  if (!existsSync('/usr/sbin/saslpasswd2')) return 'sasl2-bin is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private Postfix needs root here'
}

/** Starts a Postfix of our own on free loopback ports. It refuses recipients that begin with `no`. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-postfix-'))
  chmodSync(dir, 0o755)
  const [smtpPort = 0, submissionPort = 0, submissionsPort = 0] = await freePorts(3)
  const ports = { smtpPort, submissionPort, submissionsPort }
  for (const name of ['etc/sasl', 'queue', 'data']) mkdirSync(join(dir, name), { recursive: true })
  execFileSync('chown', ['postfix', join(dir, 'data')])
  writeFileSync(join(dir, 'etc', 'main.cf'), mainConfiguration(dir, options))
  writeFileSync(join(dir, 'etc', 'master.cf'), masterConfiguration(ports))
  makeUser(join(dir, 'etc', 'sasl'))
  const postfix = new Postfix(dir, ports)
  try {
    execFileSync('postfix', ['-c', join(dir, 'etc'), 'start'], { stdio: 'ignore', timeout: TIMEOUT_MS })
    await postfix.ready()
  } catch (error) {
    await postfix[Symbol.asyncDispose]()
    throw error
  }
  return postfix
}

/** The ports of a private Postfix: without sign-in, with STARTTLS, with implicit TLS. */
interface Ports {
  readonly smtpPort: number
  readonly submissionPort: number
  readonly submissionsPort: number
}

/** A private Postfix. */
export class Postfix implements AsyncDisposable {
  readonly dir: string
  readonly ports: Ports

  constructor(dir: string, ports: Ports) {
    this.dir = dir
    this.ports = ports
  }

  /** Waits until it listens. */
  async ready(): Promise<void> {
    await waitFor('Postfix to listen', () => greets(this.ports.smtpPort))
  }

  /** Waits until everything that it has accepted has been sent on. */
  async drained(): Promise<void> {
    const folders = ['maildrop', 'incoming', 'active', 'deferred'].map(name => join(this.dir, 'queue', name))
    await waitFor('Postfix to empty its queue', async () => folders.every(isEmptyTree), 120_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = this.#masterPid()
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM')
      await waitFor('Postfix to end', async () => !existsSync(`/proc/${pid}`))
    }
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }

  #masterPid(): number | undefined {
    const file = join(this.dir, 'queue', 'pid', 'master.pid')
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0
    return pid > 0 && existsSync(`/proc/${pid}`) ? pid : undefined
  }
}

/** Postfix's own sink, which takes everything. */
export interface SinkProgram extends AsyncDisposable {
  readonly port: number
  /** The messages that have arrived, as text, if they are kept. */
  messages(): readonly string[]
}

/** Starts the sink; `keeps` says whether it keeps what it takes. */
export async function startSinkProgram({ keeps }: { readonly keeps: boolean }): Promise<SinkProgram> {
  const [port = 0] = await freePorts(1)
  const dir = mkdtempSync(join(tmpdir(), 'postern-sink-'))
  chmodSync(dir, 0o777) // the sink runs as nobody
  const dump = keeps ? ['-d', join(dir, 'm.')] : []
  const args = ['-u', 'nobody', '-h', 'sink.test', ...dump, `127.0.0.1:${port}`, '1000']
  const child = spawn('smtp-sink', args, { stdio: 'ignore' })
  await untilItGreets(child, port, 'smtp-sink')
  return {
    port,
    messages: () => readdirSync(dir).map(name => readFileSync(join(dir, name), 'latin1')),
    [Symbol.asyncDispose]: () => endServer(child, dir),
  }
}

async function waitFor(what: string, isSo: () => Promise<boolean>, timeoutMs = TIMEOUT_MS): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await sleep(20)
  }
}

// The queue's folders hold folders named by a letter, and those the messages.
function isEmptyTree(dir: string): boolean {
  if (!existsSync(dir)) return true
  return readdirSync(dir, { withFileTypes: true }).every(
    entry => entry.isDirectory() && isEmptyTree(join(dir, entry.name)),
  )
}

function makeUser(dir: string): void {
  const file = join(dir, 'sasldb2')
  const [user = '', realm = ''] = POSTFIX_USER.split('@')
  execFileSync('saslpasswd2', ['-p', '-c', '-f', file, '-u', realm, user], { input: POSTFIX_PASSWORD })
  execFileSync('chgrp', ['postfix', file])
  chmodSync(file, 0o640)
  const lines = ['pwcheck_method: auxprop', 'auxprop_plugin: sasldb', `sasldb_path: ${file}`]
  writeFileSync(join(dir, 'smtpd.conf'), `${[...lines, 'mech_list: PLAIN LOGIN CRAM-MD5'].join('\n')}\n`)
}

function mainConfiguration(dir: string, { certificate, relayPort }: PostfixOptions): string {
  return `
compatibility_level = 3.6
queue_directory = ${dir}/queue
data_directory = ${dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = ${dir}/log
maillog_file_prefixes = ${dir}
multi_instance_name = postfix-${dir
    .slice(-6)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, 'x')}
multi_instance_enable = yes
myhostname = upstream.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:${relayPort}
alias_maps =
alias_database =
message_size_limit = 20000000
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access regexp:{ {/^no/ 550 5.1.1 no such user here}, {/^later/ 450 4.2.1 mailbox busy} }, permit
smtpd_sasl_type = cyrus
cyrus_sasl_config_path = ${dir}/etc/sasl
smtpd_sasl_local_domain = example.test
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${certificate.certFile}
smtpd_tls_key_file = ${certificate.keyFile}
smtpd_client_connection_count_limit = 0
default_process_limit = 100
smtpd_peername_lookup = no
in_flow_delay = 0
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtputf8_enable = yes
`
}

function masterConfiguration({ smtpPort, submissionPort, submissionsPort }: Ports): string {
  const signIn = '-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject'
  return `127.0.0.1:${smtpPort} inet n - n - - smtpd
127.0.0.1:${submissionPort} inet n - n - - smtpd ${signIn}
127.0.0.1:${submissionsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes ${signIn}
${SERVICES.trimStart()}`
}
