import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fetchPolicy, type PolicyRequest } from '../../src/daemon/policy/policy-fetch.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { freePorts } from '../support/free-port.ts'
import { startHttp, startHttps } from '../support/http-server.ts'

const POLICY = '{"version":1,"settings":{}}'

async function serveHttp(t: Test, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await startHttp(t, listener)}/policy.json`
}

function fetch(t: Test, url: string, options: Partial<PolicyRequest> & { roots?: string[] } = {}) {
  const approvals = new Approvals(join(t.testdir(), 'approved.json'))
  const verifier = verifyPeers(approvals, options.roots ? { roots: options.roots } : {})
  const signal = new AbortController().signal
  return fetchPolicy({ url, etag: undefined, allowHttp: false, verifier, signal, ...options })
}

t.test('a policy is fetched, and not again while it is the same', async t => {
  const url = await serveHttp(t, (request, response) => {
    if (request.headers['if-none-match'] === '"7"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"7"' }).end(POLICY)
  })
  t.same(await fetch(t, url), { kind: 'new', text: POLICY, etag: '"7"' })
  t.same(await fetch(t, url, { etag: '"7"' }), { kind: 'unchanged' })
})

t.test('only 410 says that there is none any more', async t => {
  const status = (code: number) =>
    serveHttp(t, (_request, response) => response.writeHead(code, { location: 'http://127.0.0.1:9/' }).end('x'))
  t.same(await fetch(t, await status(410)), { kind: 'gone' })
  for (const code of [204, 301, 302, 401, 404, 500]) {
    await t.rejects(fetch(t, await status(code)), { code: 'PROFILE_POLICY_UNAVAILABLE', message: String(code) })
  }
})

t.test('what is too large or broke off is no policy', async t => {
  const large = await serveHttp(t, (_request, response) => response.end('x'.repeat(65_537)))
  await t.rejects(fetch(t, large), { code: 'PROFILE_POLICY_UNAVAILABLE', message: /65536/ })
  const cut = await serveHttp(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write(POLICY)
    setImmediate(() => response.destroy())
  })
  await t.rejects(fetch(t, cut), { code: 'PROFILE_POLICY_UNAVAILABLE' })
})

t.test('plain text comes only from this machine, unless that is allowed', async t => {
  for (const url of ['http://policy.example.test/', 'http://192.0.2.1/', 'http://127.0.0.1.example.test/']) {
    await t.rejects(fetch(t, url), { code: 'PROFILE_POLICY_INSECURE' }, url)
  }
  const gone = AbortSignal.abort(new Error('got as far as connecting'))
  await t.rejects(fetch(t, 'http://192.0.2.1/', { allowHttp: true, signal: gone }), /as far as connecting/)
})

t.test('https is verified', async t => {
  const certificate = await makeServerCertificate(t.testdir({}), { ips: ['127.0.0.1'] })
  const roots = [readFileSync(certificate.caFile, 'utf8')]
  const url = `https://127.0.0.1:${await startHttps(t, certificate, (_request, response) => response.end(POLICY))}/`
  await t.rejects(fetch(t, url), { code: 'TLS_UNTRUSTED' })
  t.match(await fetch(t, url, { roots }), { kind: 'new', text: POLICY })
})

t.test('a server that is not there is a matter of the network', async t => {
  const url = await serveHttp(t, () => undefined)
  await t.rejects(fetch(t, `http://127.0.0.1:${await freePorts(1)}/`), { code: 'NET_REFUSED' })
  await t.rejects(
    fetch(t, url, { signal: AbortSignal.timeout(50) }),
    /abort|timeout/i,
    'a silent server is not waited for for ever',
  )
})
