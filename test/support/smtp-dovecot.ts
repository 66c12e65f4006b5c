import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-port.ts'
import { endServer, untilItGreets } from './real-server.ts'

/** Whom a private Dovecot submission server lets in, and where it sends what it takes. */
export interface DovecotSubmissionOptions {
  readonly user: string
  readonly password: string
  readonly relayPort: number
}

/** Why no Dovecot submission server can be started here; undefined when one can. */
export function dovecotSubmissionMissing(): string | undefined {
  if (!existsSync('/usr/lib/dovecot/submission')) return 'dovecot-submissiond is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private Dovecot needs root here'
}

/** Starts a Dovecot that does nothing but submission, in plain text. */
export async function startDovecotSubmission(
  options: DovecotSubmissionOptions,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-submission-'))
  chmodSync(dir, 0o755)
  mkdirSync(join(dir, 'mail'))
  const [port = 0] = await freePorts(1)
  writeFileSync(join(dir, 'users'), `${options.user}:{PLAIN}${options.password}::::::\n`)
  writeFileSync(join(dir, 'dovecot.conf'), configuration(dir, port, options))
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: ['ignore', log, log] })
  await untilItGreets(child, port, `Dovecot (see ${dir}/log)`)
  return { port, [Symbol.asyncDispose]: () => endServer(child, dir) }
}

function configuration(dir: string, port: number, { relayPort }: DovecotSubmissionOptions): string {
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/dovecot.log
protocols = submission
listen = 127.0.0.1
hostname = upstream.example.test
disable_plaintext_auth = no
ssl = no
first_valid_uid = 1
mail_location = maildir:${dir}/mail
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_relay_trusted = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${dir}/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${dir}/mail
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
service submission-login {
  inet_listener submission {
    port = ${port}
  }
}
`
}
