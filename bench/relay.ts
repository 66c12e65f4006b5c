// Messages a second through our relay (cut-through) against Postfix as relay, in one run, on reused connections, 4 KB
// messages, the same kind of sink behind both.
//   node_modules/.bin/node bench/relay.ts [seconds]
// Needs Debian's postfix (smtp-sink comes with it), and root for the private Postfix.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../test/support/free-port.ts'
import { makeRelayHome, PASSWORD, smtpPortOf, USER } from '../test/support/relay-home.ts'

const SECONDS = Number(process.argv[2] ?? 5)
const CONCURRENCIES = [1, 10, 50]

const dir = mkdtempSync(join(tmpdir(), 'postern-bench-relay-'))
chmodSync(dir, 0o755)
const [sinkPort = 0, postfixPort = 0] = await freePorts(2)
const sink = spawn('smtp-sink', ['-u', 'nobody', `127.0.0.1:${sinkPort}`, '1000'], { stdio: 'ignore' })
try {
  await listening(sinkPort)
  await using home = await makeRelayHome(`smtp://127.0.0.1:${sinkPort}`, { smtpAuth: 'none' })
  await home.json(['config', 'set', 'fronts.smtp.greeting', 'immediate'])
  await home.start()
  startPostfix()
  await listening(postfixPort)
  const ours = await smtpPortOf(home)
  console.log(`${SECONDS} s each, messages a second`)
  for (const concurrency of CONCURRENCIES) {
    const postern = await load({ port: ours, concurrency, seconds: SECONDS, user: USER, password: PASSWORD })
    const postfix = await load({ port: postfixPort, concurrency, seconds: SECONDS })
    const ratio = (postern / postfix).toFixed(2)
    console.log(
      `concurrency ${String(concurrency).padStart(2)}: postern ${postern.toFixed(0)}, postfix ${postfix.toFixed(0)}, ratio ${ratio} (aim: at least 1.00)`,
    )
  }
} finally {
  stopPostfix()
  sink.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}

function startPostfix(): void {
  for (const part of ['etc', 'queue', 'data']) mkdirSync(join(dir, part))
  execFileSync('chown', ['postfix', join(dir, 'data')])
  writeFileSync(
    join(dir, 'etc', 'main.cf'),
    `compatibility_level = 3.6\nqueue_directory = ${dir}/queue\ndata_directory = ${dir}/data\nmail_owner = postfix\n` +
      `maillog_file = ${dir}/queue/log\nmaillog_file_prefixes = /tmp\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n` +
      `mynetworks = 127.0.0.0/8\nmydestination =\nlocal_recipient_maps =\nrelayhost = [127.0.0.1]:${sinkPort}\n` +
      `smtpd_relay_restrictions = permit_mynetworks, reject\nsmtp_tls_security_level = none\ndefault_process_limit = 200\n` +
      'smtpd_client_connection_count_limit = 0\nsmtpd_client_connection_rate_limit = 0\nin_flow_delay = 0\nsmtp_host_lookup = native\ndisable_dns_lookups = yes\n',
  )
  const services = [
    `127.0.0.1:${postfixPort} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'smtp unix - - n - - smtp',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'proxymap unix - - n - - proxymap',
    'flush unix n - n 1000? 0 flush',
    'showq unix n - n - - showq',
  ]
  writeFileSync(join(dir, 'etc', 'master.cf'), `${services.join('\n')}\n`)
  execFileSync('postfix', ['-c', join(dir, 'etc'), 'start'], { stdio: 'ignore' })
}

function stopPostfix(): void {
  try {
    execFileSync('postfix', ['-c', join(dir, 'etc'), 'stop'], { stdio: 'ignore' })
  } catch (error) {
    console.error('the private Postfix could not be stopped', error)
  }
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isUp = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      sleep(500, false),
    ])
    socket.destroy()
    if (isUp) return
    await sleep(50)
  }
  throw new Error(`nobody listens on ${port}`)
}

/** Runs the load generator in a process of its own and resolves to messages a second. */
async function load(options: object): Promise<number> {
  const child: ChildProcess = fork(new URL('./support/smtp-load.ts', import.meta.url), [JSON.stringify(options)])
  const [message] = await once(child, 'message')
  child.disconnect()
  return Number(message)
}
