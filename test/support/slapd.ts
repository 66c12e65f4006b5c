import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerFiles } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { endServer } from './real-server.ts'
import { until } from './until.ts'

/** What lies above every entry. */
export const LDAP_BASE = 'dc=example,dc=test'

/** A private OpenLDAP. */
export interface Slapd extends AsyncDisposable {
  readonly ldapPort: number
  readonly ldapsPort: number
}

/** Why no slapd can be started here; undefined when one can. */
export function slapdMissing(): string | undefined {
  return existsSync('/usr/sbin/slapd') ? undefined : 'slapd is not installed'
}

/** Starts a slapd of our own with people `uid=NAME,ou=people,…`; without a certificate it knows no TLS. */
export async function startSlapd({
  people,
  certificate,
}: {
  readonly people: Readonly<Record<string, string>>
  readonly certificate?: ServerFiles
}): Promise<Slapd> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-slapd-'))
  const [ldapPort = 0, ldapsPort = 0] = await freePorts(2)
  mkdirSync(join(dir, 'db'))
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir, certificate))
  writeFileSync(join(dir, 'data.ldif'), entries(people))
  execFileSync('/usr/sbin/slapadd', ['-q', '-f', join(dir, 'slapd.conf'), '-l', join(dir, 'data.ldif')], {
    stdio: 'ignore',
  })
  const log = openSync(join(dir, 'log'), 'a')
  const urls = [`ldap://127.0.0.1:${ldapPort}`, ...(certificate ? [`ldaps://127.0.0.1:${ldapsPort}`] : [])]
  const child = spawn('/usr/sbin/slapd', ['-h', urls.join(' '), '-f', join(dir, 'slapd.conf'), '-d', '0'], {
    stdio: ['ignore', log, log],
  })
  await until(`slapd (see ${dir}/log)`, async () => ((await accepts(ldapPort)) ? true : undefined))
  return { ldapPort, ldapsPort, [Symbol.asyncDispose]: () => endServer(child, dir) }
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise(resolve => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}

function configuration(dir: string, certificate: ServerFiles | undefined): string {
  const tls = certificate
    ? `TLSCertificateFile ${certificate.certFile}\nTLSCertificateKeyFile ${certificate.keyFile}\n`
    : ''
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${dir}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
${tls}database mdb
suffix "${LDAP_BASE}"
directory ${dir}/db
access to attrs=userPassword by anonymous auth by self write by * none
access to * by * read
`
}

function entries(people: Readonly<Record<string, string>>): string {
  const base = `dn: ${LDAP_BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n`
  const unit = `dn: ou=people,${LDAP_BASE}\nobjectClass: organizationalUnit\nou: people\n`
  const persons = Object.entries(people).map(
    ([uid, password]) =>
      `dn: uid=${uid.replace(/[,+"\\<>;=]/g, '\\$&')},ou=people,${LDAP_BASE}\nobjectClass: inetOrgPerson\n` +
      `uid: ${uid}\ncn: ${uid}\nsn: ${uid}\nuserPassword: ${password}\n`,
  )
  return [base, unit, ...persons].join('\n')
}
