import { existsSync } from 'node:fs'
import { type DovecotOptions, dovecotMissing, startDovecot } from './dovecot.ts'
import { freePorts } from './free-port.ts'

/** The largest script that {@link startSieveDovecot} takes. */
export const MAX_SCRIPT_OCTETS = 20_000
/** The most scripts that it keeps of a user. */
export const MAX_SCRIPTS = 4

/** Why no Dovecot with Pigeonhole can be started here; undefined when one can. */
export function pigeonholeMissing(): string | undefined {
  return existsSync('/usr/lib/dovecot/managesieve') ? dovecotMissing() : 'dovecot-managesieved is not installed'
}

/** Starts a Dovecot that has IMAP and ManageSieve. */
export async function startSieveDovecot(options: DovecotOptions) {
  const [sievePort = 0, sievesPort = 0] = await freePorts(2)
  const implicit = options.certificate ? sievesSettings(sievesPort) : ''
  const settings = `${sieveSettings(sievePort)}${implicit}${options.settings ?? ''}`
  const dovecot = await startDovecot({ ...options, settings })
  return { dovecot, sievePort, sievesPort, [Symbol.asyncDispose]: () => dovecot[Symbol.asyncDispose]() }
}

/** With TLS from the start. */
function sievesSettings(port: number): string {
  return `
service managesieve-login {
  inet_listener sieves {
    port = ${port}
    ssl = yes
  }
}
`
}

/** What Dovecot's configuration needs for ManageSieve on a port. */
export function sieveSettings(port: number): string {
  return `
protocols = imap sieve
service managesieve-login {
  inet_listener sieve {
    port = ${port}
  }
}
protocol sieve {
  mail_max_userip_connections = 0
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_max_script_size = ${MAX_SCRIPT_OCTETS}
  sieve_quota_max_scripts = ${MAX_SCRIPTS}
}
`
}
