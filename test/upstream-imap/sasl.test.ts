import t from 'tap'
import { connectTo, polite, type ScriptedImap, startScriptedImap } from '../support/imap-script.ts'

const GREETING = '* OK ready'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const REFUSAL = base64('{"status":"invalid_token"}')

/** Refuses the token `old`, with the challenge that both mechanisms have for that. */
const refusingOld = (capabilities: string) =>
  polite(capabilities, command => {
    const [, response] = /^AUTHENTICATE \S+ (\S+)$/.exec(command) ?? []
    if (response === undefined) return undefined
    return Buffer.from(response, 'base64').includes('Bearer old\x01') ? `+ ${REFUSAL}\r\n` : 'TAG OK in\r\n'
  })

t.test('a token that the server refuses is replaced once, on another connection', async t => {
  for (const mechanism of ['XOAUTH2', 'OAUTHBEARER']) {
    const answer = refusingOld(`SASL-IR AUTH=${mechanism}`)
    let tag = ''
    const server = await startScriptedImap(t, GREETING, (command, socket) => {
      const reply = answer(command, socket)
      return typeof reply === 'string' && reply.startsWith('+ ')
        ? `${reply}TAG NO [AUTHENTICATIONFAILED] no\r\n`
        : reply
    })
    const asked: (string | undefined)[] = []
    const token = async (refused?: string) => {
      asked.push(refused)
      tag = refused === undefined ? 'old' : 'new'
      return tag
    }
    await using _mail = await connectTo(server, { credentials: async () => ({ user: 'ada', token }) })
    t.same(asked, [undefined, 'old'], mechanism)
    t.equal(server.received.filter(line => line.includes('AUTHENTICATE')).length, 2)
  }
})

t.test('a token that is refused again, or cannot be had, counts as what it is', async t => {
  const refusing = polite('SASL-IR AUTH=XOAUTH2', command =>
    command.startsWith('AUTHENTICATE') ? `+ ${REFUSAL}\r\nTAG NO no\r\n` : undefined,
  )
  const server = await startScriptedImap(t, GREETING, refusing)
  const endless = async (refused?: string) => `${refused ?? ''}x`
  const error = { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /access token of ada: no \(invalid_token\)/ }
  await t.rejects(connectTo(server, { credentials: async () => ({ user: 'ada', token: endless }) }), error)
  t.equal(server.received.filter(line => line.includes('AUTHENTICATE')).length, 2, 'it was tried twice')
  const offline = async (refused?: string) => {
    if (refused !== undefined) throw new Error('no network')
    return 'x'
  }
  await t.rejects(connectTo(server, { credentials: async () => ({ user: 'ada', token: offline }) }), {
    message: 'no network',
  })
})

t.test('a server without SASL-IR is told the token when it asks', async t => {
  const response = base64('user=ada\x01auth=Bearer secret\x01\x01')
  const server: ScriptedImap = await startScriptedImap(
    t,
    GREETING,
    polite('AUTH=XOAUTH2', command => {
      if (command === 'AUTHENTICATE XOAUTH2') return '+ \r\n'
      const [tag] = server.received.at(-2)?.split(' ') ?? []
      return command === '' && server.received.at(-1) === response ? `${tag} OK in\r\n` : undefined
    }),
  )
  await using _mail = await connectTo(server, {
    credentials: async () => ({ user: 'ada', token: async () => 'secret' }),
  })
  t.ok(server.received.includes(response))
})

t.test('a token is not sent in plain text beyond this machine, and never as a password', async t => {
  const server = await startScriptedImap(
    t,
    GREETING,
    polite('SASL-IR AUTH=XOAUTH2 AUTH=PLAIN', () => undefined),
  )
  const credentials = async () => ({ user: 'ada', token: async () => 'secret' })
  const peer = { host: 'mail.example.test', port: server.port, addresses: ['127.0.0.1'] }
  await t.rejects(connectTo(server, { credentials, peer }), { code: 'UPSTREAM_TOKEN_NEEDS_TLS' })
  const plain = await startScriptedImap(
    t,
    GREETING,
    polite('SASL-IR AUTH=PLAIN', () => undefined),
  )
  await t.rejects(connectTo(plain, { credentials }), { code: 'UPSTREAM_NO_MECHANISM', message: /OAuth2/ })
  for (const { received } of [server, plain]) t.notOk(received.some(line => /AUTHENTICATE|LOGIN /.test(line)))
})

t.test('a server that accepts SCRAM without a proof of its own is not signed in to', async t => {
  const server = await startScriptedImap(
    t,
    GREETING,
    polite('SASL-IR AUTH=SCRAM-SHA-256', () => undefined),
  )
  await t.rejects(connectTo(server), { code: 'UPSTREAM_UNPROVEN', remedy: 'user' })
  const nonsense = await startScriptedImap(
    t,
    GREETING,
    polite('SASL-IR AUTH=SCRAM-SHA-256', command =>
      command.startsWith('AUTHENTICATE') ? `+ ${base64('r=other,s=AAAA,i=4096')}\r\n` : undefined,
    ),
  )
  await t.rejects(connectTo(nonsense), { code: 'UPSTREAM_PROTOCOL' })
})
