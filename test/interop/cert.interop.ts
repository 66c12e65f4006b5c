import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import t from 'tap'
import { connectTo } from '../../src/net/connect.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { openFrontCertificate } from '../../src/tls/ca/front-certificate.ts'
import { publicKeyFingerprint, readableFingerprint } from '../../src/tls/fingerprint.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate, type ServerFiles } from '../support/certificates.ts'
import { PosternHome } from '../support/postern.ts'

const execute = promisify(execFile)
const DEADLINE_MS = 20_000
const deadline = () => AbortSignal.timeout(DEADLINE_MS)
const missing = (program: string) =>
  spawnSync(program, ['--version']).error !== undefined && `${program} is not installed`

const fingerprintOf = ({ certFile }: ServerFiles) => publicKeyFingerprint(new X509Certificate(readFileSync(certFile)))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  server.close()
  await once(server, 'close')
  return port
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

// openssl as a server: resolves when it accepts.
async function serveWithOpenssl({ certFile, keyFile }: ServerFiles, port: number): Promise<ChildProcess> {
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', certFile, '-key', keyFile, '-quiet']
  const child = spawn('openssl', args, { stdio: 'ignore' })
  await answers(port)
  return child
}

async function answers(port: number): Promise<void> {
  const signal = deadline()
  for (;;) {
    try {
      ;(await connectTo({ host: '127.0.0.1', port }, signal)).destroy()
      return
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Error && 'code' in error && error.code === 'NET_REFUSED')) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

t.test('a server’s key is approved, used, and another key in its place is refused', async t => {
  await using home = new PosternHome()
  const [first, second] = [
    await makeServerCertificate(t.testdir(), { selfSigned: true, expired: true, names: ['other.example'] }),
    await makeServerCertificate(t.testdirName),
  ]
  const port = await freePort()
  const peer = { host: '127.0.0.1', port }
  const verifier = verifyPeers(new Approvals(join(home.dir, 'certs', 'approved.json')), {
    roots: [readFileSync(second.caFile, 'utf8')],
  })
  const secure = async () => verifier.secure(await connectTo(peer, deadline()), peer, deadline())

  const before = await serveWithOpenssl(first, port)
  t.teardown(() => ended(before))
  await t.rejects(secure(), { code: 'TLS_UNTRUSTED' })
  await home.json(['cert', 'approve', `127.0.0.1:${port}`, '--yes'])
  const tls = await secure()
  t.equal(tls.getPeerX509Certificate()?.subject, 'CN=other.example')
  tls.destroy()
  await ended(before)

  const after = await serveWithOpenssl(second, port)
  t.teardown(() => ended(after))
  const refusal: unknown = await secure().catch(error => error)
  t.match(refusal, { code: 'TLS_PIN_MISMATCH' })
  for (const files of [first, second]) t.match(refusal, { message: readableFingerprint(fingerprintOf(files)) })
  await home.json(['cert', 'approve', `127.0.0.1:${port}`, '--yes'])
  ;(await secure()).destroy()
})

t.test('the certificate of a STARTTLS submission server is approved', async t => {
  await using home = new PosternHome()
  const files = await makeServerCertificate(t.testdir(), { selfSigned: true })
  const server = new SMTPServer({ key: readFileSync(files.keyFile), cert: readFileSync(files.certFile), logger: false })
  server.on('error', () => undefined) // a client that leaves after the handshake
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  t.teardown(() => new Promise<void>(resolve => server.close(resolve)))
  const { port } = listening.address() as AddressInfo // as above
  const document = await home.json(['cert', 'approve', `127.0.0.1:${port}`, '--starttls', 'smtp', '--yes'])
  t.match(document, { publicKeySha256: fingerprintOf(files), problems: [{ kind: 'untrusted' }] })
  const wrong = await home.run(['cert', 'approve', `127.0.0.1:${port}`, '--starttls', 'imap', '--yes', '--json'])
  t.match(wrong.json(), { error: { code: 'TLS_STARTTLS_REFUSED' } })
})

const noDovecot = missing('dovecot') || (process.getuid?.() !== 0 && 'dovecot is started as root')
t.test('the certificate of an IMAP server is approved on both its ports', { skip: noDovecot }, async t => {
  await using home = new PosternHome()
  const dir = t.testdir()
  const files = await makeServerCertificate(dir, { selfSigned: true })
  const [imap, imaps] = [await freePort(), await freePort()]
  const run = join(home.dir, 'd')
  mkdirSync(run)
  writeFileSync(
    join(run, 'dovecot.conf'),
    `base_dir = ${run}/run
listen = 127.0.0.1
protocols = imap
log_path = ${run}/log
ssl = required
ssl_cert = <${files.certFile}
ssl_key = <${files.keyFile}
mail_location = maildir:${run}/mail
passdb {
  driver = static
  args = password=x
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
  }
}
`,
  )
  const dovecot = spawn('dovecot', ['-F', '-c', join(run, 'dovecot.conf')], { stdio: 'ignore' })
  t.teardown(() => ended(dovecot))
  await answers(imaps)
  for (const args of [[`127.0.0.1:${imap}`, '--starttls', 'imap'], [`127.0.0.1:${imaps}`]]) {
    t.match(await home.json(['cert', 'approve', ...args, '--yes']), { publicKeySha256: fingerprintOf(files) })
  }
  t.match(await home.json(['cert', 'list']), [{ port: imap }, { port: imaps }])
})

t.test('clients that trust our CA accept the fronts, by each of their names', async t => {
  const certsDir = join(t.testdir(), 'certs')
  await using certificate = await openFrontCertificate({ certsDir, clock: Date.now, log: pino({ level: 'silent' }) })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    const tls = new TLSSocket(socket, { isServer: true, secureContext: certificate.current() })
    tls.on('error', () => undefined).end('HTTP/1.0 204 No Content\r\n\r\n') // clients hang up when they have seen enough
  }).listen(0)
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo // as above
  const ca = join(certsDir, 'ca.pem')

  await t.test('curl', { skip: missing('curl') }, async t => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const { stdout } = await execute(
        'curl',
        ['-sS', '--cacert', ca, '-o', '-', '-w', '%{http_code}', `https://${host}:${port}/`],
        {
          timeout: DEADLINE_MS,
        },
      )
      t.equal(stdout, '204', host)
    }
  })

  await t.test('openssl s_client, with TLS 1.2 and 1.3', async t => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const args = [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        version,
        '-CAfile',
        ca,
        '-verify_return_error',
        '-x509_strict',
      ]
      const child = execute('openssl', [...args, '-verify_ip', '127.0.0.1'], { timeout: DEADLINE_MS })
      child.child.stdin?.end()
      t.match((await child).stdout, /Verify return code: 0 \(ok\)/, version)
    }
  })

  await t.test('Python, as strict as it can be', { skip: missing('python3') }, async t => {
    const script = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(('127.0.0.1', int(sys.argv[2]))) as raw:
    with context.wrap_socket(raw, server_hostname='localhost') as tls:
        print(tls.version())
`
    const { stdout } = await execute('python3', ['-c', script, ca, String(port)], { timeout: DEADLINE_MS })
    t.equal(stdout.trim(), 'TLSv1.3')
  })
})

t.test('NSS knows the CA after install, and not after uninstall', { skip: missing('certutil') }, async t => {
  await using home = new PosternHome()
  const database = join(home.dir, 'nss')
  const options = ['--store', 'nss', '--nss-database', database, '--yes']
  await home.json(['cert', 'ca'])
  await home.json(['cert', 'install', ...options])
  const certutil = (...args: string[]) =>
    execute('certutil', [...args, '-d', `sql:${database}`], { timeout: DEADLINE_MS })
  await certutil('-A', '-n', 'leaf', '-t', ',,', '-i', join(home.dir, 'certs', 'leaf.pem'))
  t.match((await certutil('-V', '-n', 'leaf', '-u', 'V')).stdout, /certificate is valid/)
  await home.json(['cert', 'install', ...options]) // twice does no harm
  await home.json(['cert', 'uninstall', ...options])
  await t.rejects(certutil('-V', '-n', 'leaf', '-u', 'V'))
  const again = await home.run(['cert', 'uninstall', ...options, '--json'])
  t.match(again.json(), { error: { code: 'TLS_STORE_UNAVAILABLE' } })
})

t.test('openssl opens the exported PKCS#12 with the password from stdin', async t => {
  await using home = new PosternHome()
  const out = join(home.dir, 'leaf.p12')
  await home.json(['cert', 'export', 'leaf', '--format', 'p12', '--out', out], 'correct horse\n')
  t.equal(statSync(out).mode & 0o777, 0o600)
  const args = ['pkcs12', '-in', out, '-passin', 'stdin', '-nodes']
  const { stdout, status } = spawnSync('openssl', args, { input: 'correct horse\n', encoding: 'utf8' })
  t.equal(status, 0)
  t.match(stdout, /PRIVATE KEY/)
  const { raw } = new X509Certificate(stdout)
  const [, leaf] = (await home.json(['cert', 'list'])) as { sha256: string }[] // the CA, then the leaf
  t.equal(createHash('sha256').update(raw).digest('hex'), leaf?.sha256)
})
