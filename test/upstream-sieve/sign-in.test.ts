import { createHmac, pbkdf2Sync } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { capabilities, connectTo, FRIENDLY, type Script, startScripted } from '../support/sieve-script.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const offering = (sasl: string, script: Script): Script => ({
  ...FRIENDLY,
  '': capabilities(`"SASL" "${sasl}"`),
  ...script,
})
const xoauth2 = (token: string) => base64(`user=ada\x01auth=Bearer ${token}\x01\x01`)

// RFC 5804 section 2.1: what the server says last comes with its OK, or as one more challenge, to be answered by nothing.
for (const place of ['in the OK', 'as a challenge'] as const) {
  for (const secret of ['secret', 'guessed']) {
    t.test(`a server proves that it knows the password ${place}, or not: ${secret}`, async t => {
      const server = scramServer(secret)
      const final = (line: string) => {
        const proof = base64(server.final(decoded(line)))
        return place === 'in the OK' ? `OK (SASL "${proof}") "in"\r\n` : `"${proof}"\r\n`
      }
      const { port } = await startScripted(
        t,
        offering('SCRAM-SHA-256', {
          AUTHENTICATE: (socket, line) => socket.write(`"${base64(server.first(decoded(line)))}"\r\n`),
          '"': (socket, line) => socket.write(final(line)),
          '""': 'OK\r\n',
        }),
      )
      if (secret === 'secret') t.match((await connectTo(t, port)).capabilities, { version: '1.0' })
      else await t.rejects(connectTo(t, port), { code: 'UPSTREAM_UNPROVEN', message: /is not trusted/ })
    })
  }
}

/** The other side of SCRAM-SHA-256 (RFC 5802 section 3), which takes any proof of the client. */
function scramServer(password: string) {
  let [clientFirst, serverFirst] = ['', '']
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  return {
    first: (said: string) => {
      clientFirst = said.slice('n,,'.length)
      serverFirst = `r=${/r=(.*)$/.exec(said)?.[1]}+ours,s=${base64('salt')},i=4096`
      return serverFirst
    },
    final: (said: string) => {
      const key = hmac(pbkdf2Sync(password, 'salt', 4096, 32, 'sha256'), 'Server Key')
      const signed = [clientFirst, serverFirst, said.replace(/,p=.*$/, '')].join(',')
      return `v=${hmac(key, signed).toString('base64')}`
    },
  }
}

/** What the last string of a line says. */
function decoded(line: string): string {
  return Buffer.from(/"([^"]*)"$/.exec(line)?.[1] ?? '', 'base64').toString()
}

t.test('a server that accepts SCRAM without a proof of its own gets no script', async t => {
  for (const answer of ['OK "in"\r\n', `OK (SASL "${base64('v=AAAA')}")\r\n`]) {
    const { port } = await startScripted(t, offering('SCRAM-SHA-256 PLAIN', { AUTHENTICATE: answer }))
    const refusal = await connectTo(t, port).catch(error => error)
    t.match(refusal.code, /^UPSTREAM_(UNPROVEN|PROTOCOL)$/, answer)
  }
})

t.test('a token that the server refuses is replaced once, on another connection', async t => {
  const script = offering('XOAUTH2', {
    [`AUTHENTICATE "XOAUTH2" "${xoauth2('old')}"`]: `{${base64('{"status":"401"}').length}}\r\n${base64('{"status":"401"}')}\r\n`,
    '""': 'NO "no"\r\n',
    [`AUTHENTICATE "XOAUTH2" "${xoauth2('new')}"`]: 'OK\r\n',
  })
  const { port, said } = await startScripted(t, script)
  const token = async (refused?: string) => (refused === 'old' ? 'new' : 'old')
  await connectTo(t, port, { credentials: async () => ({ user: 'ada', token }) })
  t.same(
    said.filter(line => line !== 'CAPABILITY'),
    [`AUTHENTICATE "XOAUTH2" "${xoauth2('old')}"`, '""', `AUTHENTICATE "XOAUTH2" "${xoauth2('new')}"`],
  )
  const useless = async (refused?: string) => (refused === 'old' ? 'older' : 'old')
  const stubborn = await startScripted(t, offering('XOAUTH2', { AUTHENTICATE: 'NO "not you"\r\n' }))
  await t.rejects(connectTo(t, stubborn.port, { credentials: async () => ({ user: 'ada', token: useless }) }), {
    code: 'UPSTREAM_SIGN_IN_REFUSED',
    message: /access token of ada: not you/,
  })
})

t.test('a token is a literal when it is too long for quotes, and never goes out unencrypted', async t => {
  const long = 'x'.repeat(3000)
  const response = xoauth2(long)
  const { port, said } = await startScripted(t, offering('XOAUTH2', { [response]: 'OK\r\n' }))
  const credentials = async () => ({ user: 'ada', token: async () => long })
  await connectTo(t, port, { credentials })
  t.same(said.slice(0, 2), [`AUTHENTICATE "XOAUTH2" {${response.length}+}`, response])
  // This machine by a name that does not say so.
  const peer = { host: 'mail.example.test', port, addresses: ['127.0.0.1'] }
  await t.rejects(connectTo(t, port, { credentials, peer }), { code: 'UPSTREAM_TOKEN_NEEDS_TLS' })
})

for (const [answer, expected] of [
  ['NO "wrong"', { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /password of ada: wrong/ }],
  ['NO', { code: 'UPSTREAM_SIGN_IN_REFUSED' }],
  ['NO (TRYLATER) "busy"', { code: 'UPSTREAM_SIGN_IN_UNAVAILABLE', remedy: 'retry' }],
  ['NO (TRANSITION-NEEDED) "plain first"', { code: 'UPSTREAM_NO_MECHANISM', message: /takes no PLAIN.*plain first/ }],
  ['NO (ENCRYPT-NEEDED)', { code: 'UPSTREAM_NO_MECHANISM' }],
  ['NO (AUTH-TOO-WEAK)', { code: 'UPSTREAM_NO_MECHANISM' }],
  [
    'NO (REFERRAL "sieve://b.test") "moved"',
    { code: 'UPSTREAM_REDIRECT_REFUSED', message: /sieve:\/\/b\.test.*moved/ },
  ],
  ['BYE (REFERRAL "sieve://b.test")', { code: 'UPSTREAM_REDIRECT_REFUSED', remedy: 'user' }],
  ['BYE (TRYLATER) "busy"', { code: 'UPSTREAM_UNAVAILABLE', remedy: 'retry' }],
  ['BYE "enough"', { code: 'UPSTREAM_BYE', message: /enough/ }],
  ['NO "no client certificate"', { code: 'UPSTREAM_CERTIFICATE_WANTED' }],
  ['""', { code: 'UPSTREAM_PROTOCOL', message: /a question too many/ }],
  ['ATOM', { code: 'UPSTREAM_PROTOCOL', message: /a challenge is no string/ }],
] as const) {
  t.test(`a sign-in that is answered by ${answer}`, async t => {
    const { port } = await startScripted(t, { ...FRIENDLY, AUTHENTICATE: `${answer}\r\n` })
    await t.rejects(connectTo(t, port), expected)
  })
}

// Some servers show the line that they did not like.
for (const code of ['', '(TRANSITION-NEEDED) ', '(TRYLATER) ']) {
  for (const echo of [base64('\0ada\0secret'), base64('\0ada\0secret').slice(0, 14), base64('secret'), 'x secret x']) {
    t.test(`a sign-in that is refused with ${code}and ${echo} tells no password`, async t => {
      const { port } = await startScripted(t, { ...FRIENDLY, AUTHENTICATE: `NO ${code}"unlike ${echo}"\r\n` })
      const error = await connectTo(t, port).catch((error: Error) => error)
      t.ok(error instanceof PosternError && /unlike .*…/.test(error.message))
      t.notMatch(inspect(error, { depth: 6 }), /secret|c2Vj|NlY3|zZWN/)
    })
  }
}

t.test('on a line that others can read, a digest rather than the password', async t => {
  const challenge = base64('<1@test>')
  const script = offering('PLAIN LOGIN CRAM-MD5', { 'AUTHENTICATE "CRAM-MD5"': `"${challenge}"\r\n`, '"': 'OK\r\n' })
  const { port, said } = await startScripted(t, script)
  await connectTo(t, port)
  t.equal(said[0], 'AUTHENTICATE "CRAM-MD5"')
  t.notOk(said.some(line => Buffer.from(line.replace(/.*"(.*)"/, '$1'), 'base64').includes('secret')))
})

t.test('a server that does not wait for our answer is not believed', async t => {
  const script = offering('CRAM-MD5', { AUTHENTICATE: `"${base64('<1@test>')}"\r\nOK\r\n` })
  const { port } = await startScripted(t, script)
  await t.rejects(connectTo(t, port), { code: 'UPSTREAM_PROTOCOL', message: /unasked/ })
})

t.test('a server that offers nothing we know is not signed in to', async t => {
  const { port, said } = await startScripted(t, offering('GSSAPI', {}))
  await t.rejects(connectTo(t, port), { code: 'UPSTREAM_NO_MECHANISM' })
  t.same(said, [])
})
