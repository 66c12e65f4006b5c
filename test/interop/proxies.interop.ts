import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import t from 'tap'
import { Network } from '../../src/daemon/network/network.ts'
import { providerFetch } from '../../src/daemon/oauth/provider-fetch.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { portOf } from '../support/front-server.ts'
import { type ProxyProgram, proxyMissing, type RealProxy, startRealProxy } from '../support/real-proxies.ts'
import { RunningHome } from '../support/running-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { until } from '../support/until.ts'

const EMAIL = 'ada@example.test'
const PASSWORD = 'p4ss-of-the-proxy'
const PROGRAMS = ['tinyproxy', 'microsocks', 'danted'] as const
const skip = dovecotMissing() ?? PROGRAMS.map(proxyMissing).find(missing => missing !== undefined) ?? false

// The names of the certificate are known to the proxies alone; the CA is known to every process of this test.
const certificate = await makeServerCertificate(t.testdir(), { names: ['imap.example.test', 'smtp.example.test'] })
process.env.NODE_EXTRA_CA_CERTS = certificate.caFile

const urlOf = (program: ProxyProgram, { port }: RealProxy, user = '') =>
  `${program === 'tinyproxy' ? 'http' : 'socks5'}://${user}127.0.0.1:${port}`

async function send(postern: RunningHome, subject: string): Promise<void> {
  const auth = { user: EMAIL, pass: DOVECOT_PASSWORD }
  const port = await postern.portOf('smtp')
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, auth, ignoreTLS: true })
  const envelope = { from: EMAIL, to: 'bob@example.test' }
  await transport.sendMail({ envelope, raw: `Subject: ${subject}\r\n\r\nbody\r\n` })
  transport.close()
}

t.test('real proxies', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [EMAIL], certificate })
  await using sink = await startSmtpSink({ certificate })
  await using postern = await RunningHome.start()
  const set = (key: string, value: string) => postern.call('profile.set', { name: 'work', key, value })
  const imaps = `imaps://imap.example.test:${dovecot.imapsPort}`
  const smtp = `smtp+starttls://smtp.example.test:${sink.port}`
  await postern.call('profile.add', { name: 'work', email: EMAIL, imap: imaps, smtp, password: DOVECOT_PASSWORD })
  await set('watch', 'no')

  await t.test('without a proxy nobody knows the names', async t => {
    await t.rejects(postern.sync(), { code: 'NET_DNS' })
  })

  for (const program of PROGRAMS) {
    await t.test(`${program}: mail comes and goes through it, by names that it alone knows`, async t => {
      await using proxy = await startRealProxy(program)
      // danted's turn is without TLS: there the server speaks first.
      if (program === 'danted') await set('imap', `imap://imap.example.test:${dovecot.imapPort}`)
      await postern.call('config.set', { key: 'network.proxy', value: urlOf(program, proxy) })
      t.match(await postern.sync(), { errors: [] })
      await send(postern, `by ${program}`)
      t.match(String(sink.messages.at(-1)?.head), `Subject: by ${program}`)
      t.match(await postern.call('profile.test', { name: 'work' }), { ok: true })
      t.match(await postern.call('proxy.show'), {
        servers: [{ proxy: urlOf(program, proxy), because: 'set by network.proxy' }, { proxy: urlOf(program, proxy) }],
      })
    })
  }
  await set('imap', imaps)

  for (const program of ['tinyproxy', 'microsocks'] as const) {
    await t.test(`${program} with a password; its refusals are none of the account’s`, async t => {
      await using proxy = await startRealProxy(program, { user: 'clerk', password: PASSWORD })
      await set('proxy', urlOf(program, proxy))
      await t.rejects(postern.sync(), { code: 'NET_PROXY_SIGN_IN', message: /wants a user name/ })
      await set('proxy', urlOf(program, proxy, 'clerk@'))
      await postern.call('proxy.password', { profile: 'work', password: 'wrong' })
      for (let tries = 0; tries < 4; tries++) {
        await t.rejects(postern.sync(), { code: 'NET_PROXY_SIGN_IN', message: /refused its user name/ })
      }
      t.match(await postern.call('status'), { profiles: [{ lastError: { class: 'net', code: 'NET_PROXY_SIGN_IN' } }] })
      await postern.call('proxy.password', { profile: 'work', password: PASSWORD })
      t.match(await postern.sync(), { errors: [] })
      t.match(await postern.call('proxy.show'), { servers: [{ user: 'clerk', passwordStored: true }, {}] })
      await using other = await startRealProxy(program, { user: 'clerk', password: PASSWORD })
      await set('proxy', urlOf(program, other, 'clerk@'))
      await t.rejects(postern.sync(), { code: 'NET_PROXY_SIGN_IN' }, 'another proxy does not get the password')
    })
  }

  await t.test('an OAuth2 provider is asked through the proxy of the installation', async t => {
    await using proxy = await startRealProxy('tinyproxy')
    const [cert, key] = [certificate.certFile, certificate.keyFile].map(file => readFileSync(file))
    const server = createServer({ cert, key }, (request, response) => response.end(request.url)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const url = `https://imap.example.test:${portOf(server.address())}/.well-known/openid-configuration`
    const verifier = verifyPeers(new Approvals(join(t.testdir(), 'approved.json')), {
      roots: [readFileSync(certificate.caFile, 'utf8')],
    })
    const fetchBy = (setting: string) => {
      const settings = () => ({ proxy: setting })
      const network = new Network({ settings, secrets: () => Promise.reject(new Error('no password is needed')) })
      return providerFetch({ verifier, proxyTo: peer => network.proxyTo(undefined, peer) })
    }
    const get = { method: 'GET', headers: {} }
    t.equal(await (await fetchBy(urlOf('tinyproxy', proxy))(url, get)).text(), '/.well-known/openid-configuration')
    await t.rejects(fetchBy('none')(url, get), { code: 'NET_DNS' }, 'the proxy alone knows the name')
    await using strict = await startRealProxy('tinyproxy', { onlyPort: 443 })
    await t.rejects(fetchBy(urlOf('tinyproxy', strict))(url, get), { code: 'NET_PROXY_REFUSED' })
  })

  await t.test('a proxy whose rules keep us out is told in its words', async t => {
    await using strict = await startRealProxy('danted', { blocks: true })
    await set('proxy', urlOf('danted', strict))
    await t.rejects(postern.sync(), { code: 'NET_PROXY_REFUSED', message: /not allowed by its rules/ })
    await using web = await startRealProxy('tinyproxy', { onlyPort: 443 })
    await set('proxy', urlOf('tinyproxy', web))
    await t.rejects(postern.sync(), { code: 'NET_PROXY_REFUSED', message: /: 403 / })
  })

  await t.test('a proxy that goes away and comes back', async t => {
    let proxy = await startRealProxy('microsocks')
    t.teardown(() => proxy[Symbol.asyncDispose]())
    await set('proxy', urlOf('microsocks', proxy))
    await set('relay', 'spool')
    t.match(await postern.sync(), { errors: [] })
    await proxy[Symbol.asyncDispose]()
    await t.rejects(postern.sync(), { code: 'NET_PROXY_UNREACHABLE', message: /cannot be used: .* refused/ })
    await send(postern, 'patient')
    const waiting = async () => (await postern.call<{ lastError: string | null }[]>('outbox.list'))[0]
    const tried = await until('the message was tried', async () => {
      const message = await waiting()
      return message?.lastError ? message : undefined
    })
    t.match(tried, { lastError: /\(set by proxy of work\) cannot be used/ })
    proxy = await startRealProxy('microsocks', { port: proxy.port })
    t.match(await postern.sync(), { errors: [] })
    await postern.call('outbox.retry')
    await until('the message is gone', async () => ((await waiting()) ? undefined : true))
    t.match(String(sink.messages.at(-1)?.head), 'Subject: patient')
  })

  await t.test('the proxy’s password stands nowhere in plain text', async t => {
    const { dir } = postern.home
    for (const file of ['config.yaml', 'secrets.enc', ...readdirSync(join(dir, 'logs')).map(name => `logs/${name}`)]) {
      const text = readFileSync(join(dir, file), 'latin1')
      t.notMatch(text, PASSWORD, file)
      t.notMatch(text, Buffer.from(`clerk:${PASSWORD}`).toString('base64'), file)
    }
  })
})
