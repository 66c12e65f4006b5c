import t from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

const GREETING = '* OK ready'

t.test('the mechanism fits the server: PLAIN in one line, in two, CRAM-MD5 on plain text, LOGIN last', async t => {
  for (const [capabilities, sent] of [
    ['AUTH=PLAIN SASL-IR', /^P\w+ AUTHENTICATE PLAIN AGFkYQBwYXNzICJ3b3JkIg==$/],
    ['', /^P\w+ LOGIN "ada" "pass \\"word\\""$/],
  ] as const) {
    const server = await startScriptedImap(
      t,
      GREETING,
      polite(capabilities, () => undefined),
    )
    await using _mail = await connectTo(server)
    t.ok(
      server.received.some(line => sent.test(line)),
      capabilities || 'LOGIN',
    )
  }
  const cram = await startScriptedImap(
    t,
    GREETING,
    polite('AUTH=PLAIN AUTH=CRAM-MD5', command =>
      command.startsWith('AUTHENTICATE CRAM') ? '+ PDFAYj4=\r\n' : undefined,
    ),
  )
  const signingIn = connectTo(cram, { signInTimeoutMs: 300 })
  await t.rejects(signingIn, { code: 'UPSTREAM_SILENT' }, 'the script never accepts')
  t.match(Buffer.from(cram.received.at(-1) ?? '', 'base64').toString(), /^ada [0-9a-f]{32}$/)
})

t.test('a refusal is told apart from a server that cannot now', async t => {
  const refusing = await startScriptedImap(
    t,
    GREETING,
    polite('', command => (command.startsWith('LOGIN') ? 'TAG NO [AUTHENTICATIONFAILED] wrong\r\n' : undefined)),
  )
  await t.rejects(connectTo(refusing), { code: 'UPSTREAM_SIGN_IN_REFUSED', remedy: 'user' })
  const busy = await startScriptedImap(
    t,
    GREETING,
    polite('', command => (command.startsWith('LOGIN') ? 'TAG NO [UNAVAILABLE] later\r\n' : undefined)),
  )
  await t.rejects(connectTo(busy), { code: 'UPSTREAM_SIGN_IN_UNAVAILABLE', remedy: 'retry' })
  const closed = await startScriptedImap(
    t,
    GREETING,
    polite('LOGINDISABLED', () => undefined),
  )
  await t.rejects(connectTo(closed), { code: 'UPSTREAM_NO_MECHANISM' })
  t.notOk(
    closed.received.some(line => line.includes('pass')),
    'no password was sent',
  )
})

t.test('who speaks of a certificate means the password where the code says so', async t => {
  for (const [code, expected] of [
    ['[AUTHENTICATIONFAILED] ', 'UPSTREAM_SIGN_IN_REFUSED'],
    ['', 'UPSTREAM_CERTIFICATE_WANTED'],
  ] as const) {
    const says = `TAG NO ${code}wrong password, or no certificate\r\n`
    const server = await startScriptedImap(
      t,
      GREETING,
      polite('', command => (command.startsWith('LOGIN') ? says : undefined)),
    )
    await t.rejects(connectTo(server), { code: expected }, says)
  }
})

t.test('STARTTLS that is chosen is required, and nothing is sent without it', async t => {
  for (const greeting of [GREETING, '* PREAUTH welcome']) {
    const server = await startScriptedImap(
      t,
      greeting,
      polite('AUTH=PLAIN SASL-IR', () => undefined),
    )
    await t.rejects(connectTo(server, { security: 'starttls' }), { code: 'UPSTREAM_NO_STARTTLS' })
    t.notOk(server.received.some(line => /AUTHENTICATE|LOGIN /.test(line)))
  }
})

t.test('plain text after the OK to STARTTLS ends the connection (CVE-2011-0411 class)', async t => {
  const injecting = polite('STARTTLS', command =>
    command === 'STARTTLS' ? 'TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nP9' : undefined,
  )
  const server = await startScriptedImap(t, GREETING, injecting)
  await t.rejects(connectTo(server, { security: 'starttls' }), { code: 'UPSTREAM_STARTTLS_INJECTION' })
})

t.test('a server that says nothing, goodbye or nonsense is told', async t => {
  await t.rejects(connectTo(await startScriptedImap(t, '', () => undefined), { signInTimeoutMs: 100 }), {
    code: 'UPSTREAM_SILENT',
  })
  const bye = await startScriptedImap(t, '* BYE too many', (_command, socket) => void socket.destroy())
  await t.rejects(connectTo(bye, { signInTimeoutMs: 300 }), { code: /UPSTREAM_BYE|UPSTREAM_SILENT/ })
  const nonsense = await startScriptedImap(t, GREETING, () => `* LIST ${'('.repeat(500)}\r\n`)
  await t.rejects(connectTo(nonsense), { code: 'FORMATS_IMAP_SYNTAX' })
})
