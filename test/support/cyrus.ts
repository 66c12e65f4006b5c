import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { freePorts } from './free-port.ts'
import { untilItGreets } from './real-server.ts'

/** The password of every user. */
export const CYRUS_PASSWORD = 'secret'
const UNPACKED = process.env.POSTERN_TEST_CYRUS ?? '/var/cache/postern-test-cyrus' // see unpack-cyrus.sh
const BIN = join(UNPACKED, 'usr/lib/cyrus/bin')
const LIBRARIES = [join(UNPACKED, 'usr/lib/x86_64-linux-gnu'), join(UNPACKED, 'usr/lib')].join(':')
const MAIL_USER = 'nobody'

/** What a private Cyrus is to have. Users are names without a domain. */
export interface CyrusOptions {
  readonly users: readonly string[]
  /** Whether calendars and address books are served. */
  readonly hasDav?: boolean
  /** Whether Sieve scripts are. */
  readonly hasSieve?: boolean
}

/** Why no Cyrus can be started here; undefined when one can. */
export function cyrusMissing(): string | undefined {
  if (!existsSync(join(BIN, 'master'))) return `Cyrus is not unpacked in ${UNPACKED}: test/support/unpack-cyrus.sh`
  if (!existsSync('/usr/sbin/saslpasswd2')) return 'sasl2-bin is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private Cyrus needs root here'
}

/** Why no Cyrus with calendars and address books can be started here; undefined when one can. */
export function cyrusDavMissing(): string | undefined {
  if (existsSync(join(BIN, 'httpd'))) return cyrusMissing()
  return `Cyrus is not unpacked with its httpd in ${UNPACKED}: test/support/unpack-cyrus.sh`
}

/** Starts a Cyrus of our own on a free loopback port. */
export async function startCyrus({ users, hasDav = false, hasSieve = false }: CyrusOptions): Promise<Cyrus> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-cyrus-'))
  chmodSync(dir, 0o755)
  const [imapPort = 0, davPort = 0, sievePort = 0] = await freePorts(3)
  const ports = { imapPort, davPort, sievePort }
  for (const name of FOLDERS) mkdirSync(join(dir, name), { recursive: true })
  writeFileSync(join(dir, 'imapd.conf'), configuration(dir))
  writeFileSync(join(dir, 'cyrus.conf'), services(dir, ports, { hasDav, hasSieve }))
  writeFileSync(join(dir, 'annotations'), '/vendor/postern/policy,server,string,backend,value.shared,\n')
  for (const user of users) {
    const options = ['-p', '-c', '-f', join(dir, 'sasldb2'), '-u', 'localhost', user]
    const { status, stderr } = spawnSync('/usr/sbin/saslpasswd2', options, { input: CYRUS_PASSWORD })
    if (status !== 0) throw new Error(`saslpasswd2: ${stderr}`)
  }
  execFileSync('chown', ['-R', MAIL_USER, dir])
  const log = openSync(join(dir, 'log'), 'a')
  const options = ['-C', join(dir, 'imapd.conf'), '-M', join(dir, 'cyrus.conf'), '-p', join(dir, 'master.pid')]
  const child = spawn(join(BIN, 'master'), options, {
    stdio: ['ignore', log, log],
    detached: true, // a process group of its own, see below
    env: { ...process.env, LD_LIBRARY_PATH: LIBRARIES, CYRUS_USER: MAIL_USER },
  })
  const cyrus = new Cyrus(dir, child, ports)
  await cyrus.ready()
  if (hasDav || hasSieve) for (const user of users) await signInOnce(imapPort, user)
  return cyrus
}

interface CyrusPorts {
  readonly imapPort: number
  readonly davPort: number
  readonly sievePort: number
}

/** A private Cyrus. */
export class Cyrus implements AsyncDisposable {
  readonly dir: string
  readonly imapPort: number
  readonly davPort: number
  readonly sievePort: number
  readonly #child: ChildProcess

  constructor(dir: string, child: ChildProcess, { imapPort, davPort, sievePort }: CyrusPorts) {
    this.dir = dir
    this.#child = child
    this.imapPort = imapPort
    this.davPort = davPort
    this.sievePort = sievePort
  }

  /** Waits until it listens. */
  async ready(): Promise<void> {
    await untilItGreets(this.#child, this.imapPort, `Cyrus (see ${this.dir}/log)`)
  }

  // Told to end, its master ends all processes of its user, those of other tests' servers too. So its group is killed.
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const exited = once(this.#child, 'exit')
      process.kill(-pid, 'SIGKILL')
      await exited
    }
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

const FOLDERS = [
  ...['conf/db', 'conf/log', 'conf/msg', 'conf/user', 'conf/quota', 'conf/socket', 'conf/proc', 'conf/lock'],
  ...['spool', 'sieve', 'run/proc', 'run/lock', 'run/socket'],
]

function configuration(dir: string): string {
  return `
configdirectory: ${dir}/conf
proc_path: ${dir}/run/proc
mboxname_lockpath: ${dir}/run/lock
defaultpartition: default
partition-default: ${dir}/spool
sievedir: ${dir}/sieve
cyrus_user: ${MAIL_USER}
cyrus_group: nogroup
servername: localhost
virtdomains: off
altnamespace: yes
unixhierarchysep: yes
allowplaintext: yes
admins: admin
annotation_definitions: ${dir}/annotations
autocreate_quota: 0
autocreate_post: 1
autocreate_inbox_folders: Sent|Drafts|Trash
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
delete_mode: immediate
expunge_mode: delayed
conversations: 0
duplicatesuppression: 0
notifysocket: ${dir}/run/socket/notify
httpmodules: caldav carddav
caldav_create_default: yes
calendar_user_address_set: example.test
idlesocket: ${dir}/run/socket/idle
imapidlepoll: 1
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${dir}/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5
syslog_prefix: postern-test
`
}

function services(
  dir: string,
  { imapPort, davPort, sievePort }: CyrusPorts,
  { hasDav, hasSieve }: Pick<CyrusOptions, 'hasDav' | 'hasSieve'>,
): string {
  const sieve = `sieve cmd="${BIN}/timsieved -C ${dir}/imapd.conf" listen="127.0.0.1:${sievePort}" prefork=0`
  const http = `http cmd="${BIN}/httpd -C ${dir}/imapd.conf -U 30" listen="127.0.0.1:${davPort}" prefork=0`
  return `
START {
  recover cmd="${BIN}/ctl_cyrusdb -C ${dir}/imapd.conf -r"
}
SERVICES {
  imap cmd="${BIN}/imapd -C ${dir}/imapd.conf -U 30" listen="127.0.0.1:${imapPort}" prefork=0
  ${hasSieve ? sieve : ''}
  ${hasDav ? http : ''}
}
`
}

// Cyrus has nothing for a user who never came by IMAP.
async function signInOnce(port: number, user: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`a LOGIN ${user} ${CYRUS_PASSWORD}\r\nb LOGOUT\r\n`).resume()
  await once(socket, 'close')
}
