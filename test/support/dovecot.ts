import { type ChildProcess, execFileSync, execFile as execFileWith, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from './free-port.ts'
import { endServer, untilItGreets } from './real-server.ts'
import { until } from './until.ts'

const execFile = promisify(execFileWith)

/** The password of every user. */
export const DOVECOT_PASSWORD = 'secret'
const MAIL_USER = 'nobody'

/** What a private Dovecot is to have. */
export interface DovecotOptions {
  readonly users: readonly string[]
  /** PEM files for IMAPS and STARTTLS; without them there is no TLS. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string }
  /** Lines to be added to its configuration. */
  readonly settings?: string
}

/** Why no Dovecot can be started here; undefined when one can. */
export function dovecotMissing(): string | undefined {
  if (!existsSync('/usr/sbin/dovecot')) return 'dovecot-imapd is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private Dovecot needs root here'
}

/** Starts a Dovecot of our own on free loopback ports. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-dovecot-'))
  chmodSync(dir, 0o755)
  const [imapPort = 0, imapsPort = 0] = await freePorts(2)
  for (const user of options.users) mkdirSync(join(dir, 'mail', user.replace(/@.*/, '')), { recursive: true })
  execFileSync('chown', ['-R', MAIL_USER, join(dir, 'mail')])
  writeFileSync(join(dir, 'users'), options.users.map(user => `${user}:{PLAIN}${DOVECOT_PASSWORD}::::::\n`).join(''))
  writeFileSync(join(dir, 'dovecot.conf'), configuration(dir, { imapPort, imapsPort }, options))
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: ['ignore', log, log] })
  const dovecot = new Dovecot(dir, child, imapPort, imapsPort)
  await dovecot.ready()
  return dovecot
}

/** A private Dovecot. */
export class Dovecot implements AsyncDisposable {
  readonly dir: string
  readonly imapPort: number
  readonly imapsPort: number
  readonly #child: ChildProcess

  constructor(dir: string, child: ChildProcess, imapPort: number, imapsPort: number) {
    this.dir = dir
    this.#child = child
    this.imapPort = imapPort
    this.imapsPort = imapsPort
  }

  /** The Maildir of a user's INBOX. */
  maildir(user: string): string {
    return join(this.dir, 'mail', user, 'Maildir')
  }

  /** The process that all of its others are children of. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Gives files that a test has made to the user that Dovecot reads them as. */
  own(user: string): void {
    execFileSync('chown', ['-R', MAIL_USER, join(this.dir, 'mail', user)])
  }

  /** Gives its only user another password; resolves when that counts. */
  async setPassword(user: string, password: string): Promise<void> {
    const args = ['-c', join(this.dir, 'dovecot.conf'), 'auth', 'test', user, password]
    const isTaken = () =>
      execFile('doveadm', args, { timeout: 10_000 }).then(
        () => true,
        () => undefined,
      )
    await until(`the new password of ${user}`, () => {
      // It reads the file again when its size or the second of its last change is another one.
      writeFileSync(this.usersFile, `${user}:{PLAIN}${password}::::::\n`)
      return isTaken()
    })
  }

  /** Who may sign in, and with which password. */
  get usersFile(): string {
    return join(this.dir, 'users')
  }

  /** Sets an annotation of the server, as its administrator; undefined takes it away. */
  setServerMetadata(user: string, entry: string, value: string | undefined): void {
    const action = value === undefined ? ['unset'] : ['set']
    const args = [...action, '-u', user, '-s', '', entry, ...(value === undefined ? [] : [value])]
    execFileSync('doveadm', ['-c', join(this.dir, 'dovecot.conf'), 'mailbox', 'metadata', ...args], { timeout: 10_000 })
  }

  /** Waits until it listens. */
  async ready(): Promise<void> {
    await untilItGreets(this.#child, this.imapPort, `Dovecot (see ${this.dir}/log)`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endServer(this.#child, this.dir)
  }
}

function configuration(
  dir: string,
  ports: { imapPort: number; imapsPort: number },
  { certificate, settings = '' }: DovecotOptions,
): string {
  const tls = certificate
    ? `ssl = yes\nssl_cert = <${certificate.certFile}\nssl_key = <${certificate.keyFile}\n`
    : 'ssl = no\n'
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:~/Maildir
mailbox_list_index = yes
mmap_disable = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
${tls}
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${dir}/users
}
userdb {
  driver = static
  args = uid=${MAIL_USER} gid=nogroup home=${dir}/mail/%n
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
  mailbox Trash {
    special_use = \\Trash
    auto = create
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  inet_listener imap {
    port = ${ports.imapPort}
  }
  inet_listener imaps {
    port = ${certificate ? ports.imapsPort : 0}
    ssl = yes
  }
}
protocol imap {
  mail_max_userip_connections = 0
}
${settings}`
}
