import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { publicKeyFingerprint, readableFingerprint } from '../../src/tls/fingerprint.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { run } from './command-line.ts'
import { serveLoopback, tlsWith } from './tls-server.ts'

const files = await makeServerCertificate(t.testdir(), { selfSigned: true, names: ['mail.example.org'] })
const talk = await tlsWith(files)
const key = publicKeyFingerprint(new X509Certificate(readFileSync(files.certFile)))

t.test('a person sees the chain, the fingerprint and the reasons, and answers', async t => {
  const home = t.testdir()
  await using server = await serveLoopback(socket => void talk(socket))
  const command = ['cert', 'approve', `127.0.0.1:${server.port}`]
  const no = await run(home, command, { answers: 'n\n' })
  t.equal(no.code, 1)
  t.match(no.stdout, /self-signed; its certificate is for mail\.example\.org, not for 127\.0\.0\.1/)
  t.match(no.stdout, /0 {2}CN=mail\.example\.org/)
  t.match(no.stdout, readableFingerprint(key))
  t.notOk(existsSync(join(home, 'certs')), 'nothing is approved by a no')
  const yes = await run(home, command, { answers: 'y\n' })
  t.equal(yes.code, 0, yes.stderr)
  t.match((await run(home, ['cert', 'list'])).stdout, `127.0.0.1:${server.port}  approved on`)
})

t.test('an approval is made, listed and removed by a script', async t => {
  const home = t.testdir()
  await using server = await serveLoopback(socket => void talk(socket))
  const args = ['cert', 'approve', `127.0.0.1:${server.port}`, '--json']
  t.equal(JSON.parse((await run(home, args)).stdout).error.code, 'CLI_NOT_CONFIRMED')
  const approved = JSON.parse((await run(home, [...args, '--yes'])).stdout)
  t.match(approved, { host: '127.0.0.1', port: server.port, publicKeySha256: key, state: 'approved' })
  t.same(
    approved.problems.map(({ kind }: { kind: string }) => kind),
    ['untrusted', 'wrong-name'],
  )
  t.match(approved.chain, [{ subject: 'CN=mail.example.org' }])
  const listed = JSON.parse((await run(home, ['cert', 'list', '--json'])).stdout)
  t.match(listed, [{ kind: 'approved', id: approved.id, publicKeySha256: key, subject: 'CN=mail.example.org' }])
  const removed = JSON.parse((await run(home, ['cert', 'remove', approved.id, '--json'])).stdout)
  t.equal(removed.removed.id, approved.id)
  t.same(JSON.parse((await run(home, ['cert', 'list', '--json'])).stdout), [])
  const again = await run(home, ['cert', 'remove', approved.id, '--json'])
  t.equal(JSON.parse(again.stdout).error.code, 'TLS_APPROVAL_NOT_FOUND')
})

t.test('a new key is shown beside the one that was approved until now', async t => {
  const home = t.testdir()
  const other = await tlsWith(await makeServerCertificate(join(t.testdirName, 'x'), { selfSigned: true }))
  let current = talk
  await using server = await serveLoopback(socket => void current(socket))
  const command = ['cert', 'approve', `127.0.0.1:${server.port}`]
  await run(home, [...command, '--yes'])
  current = other
  const { stdout } = await run(home, command, { answers: 'n\n' })
  t.match(stdout, `approved until now      ${readableFingerprint(key)}`)
})

for (const server of [
  'mail.example.org',
  'mail.example.org:0',
  'mail.example.org:65536',
  '::1:993',
  'a b:1',
  '[x]:1',
  ':993',
]) {
  t.test(`${JSON.stringify(server)} is no server`, async t => {
    t.equal((await run(t.testdir(), ['cert', 'approve', server])).code, 2)
  })
}
