import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { providerFetch } from '../../src/daemon/oauth/provider-fetch.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { startHttps } from '../support/http-server.ts'

const GET = { method: 'GET', headers: {} }

t.test('a provider is spoken to over TLS that is verified, as a mail server is', async t => {
  const dir = t.testdir()
  const certificate = await makeServerCertificate(dir)
  const port = await startHttps(t, certificate, (request, response) => void request.pipe(response))
  const url = `https://localhost:${port}/token`
  const approvals = new Approvals(join(dir, 'approved.json'))
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'a b&c' })
  const trusted = providerFetch({
    verifier: verifyPeers(approvals, { roots: [readFileSync(certificate.caFile, 'utf8')] }),
  })
  t.equal(await (await trusted(url, { ...GET, method: 'POST', body })).text(), body.toString())
  await t.rejects(providerFetch({ verifier: verifyPeers(approvals) })(url, GET), { code: 'TLS_UNTRUSTED' })
})

t.test('nothing is said in plain text beyond this machine', async t => {
  const verifier = { secure: () => Promise.reject(new Error('not reached')) }
  for (const url of ['http://login.example.org/token', 'http://127.0.0.1.example.org/', 'ftp://127.0.0.1/'])
    await t.rejects(providerFetch({ verifier })(url, GET), { code: 'PROFILE_OAUTH_INVALID' }, url)
})
