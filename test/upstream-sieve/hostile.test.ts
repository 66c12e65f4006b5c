import t from 'tap'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/sieve-script.ts'

const STEPS = ['', 'AUTHENTICATE', 'CAPABILITY', 'LISTSCRIPTS']

async function listOf(t: Test, script: Script) {
  const { port } = await startScripted(t, { LISTSCRIPTS: '"a" ACTIVE\r\nOK\r\n', ...script })
  const session = await connectTo(t, port)
  return session.listScripts()
}
type Test = Parameters<typeof startScripted>[0]

t.test('a friendly server lists', async t => {
  t.same(await listOf(t, FRIENDLY), [{ name: 'a', isActive: true }])
})

for (const step of STEPS) {
  const at = step || 'the greeting'
  t.test(`a server that hangs up at ${at} is told of`, async t => {
    await t.rejects(listOf(t, { ...FRIENDLY, [step]: socket => socket.destroy() }), { code: 'UPSTREAM_LOST' })
  })

  t.test(`another protocol at ${at} is told of`, async t => {
    await t.rejects(listOf(t, { ...FRIENDLY, [step]: 'HTTP/1.1 400 Bad (Request\r\n\r\n' }), {
      code: 'UPSTREAM_PROTOCOL',
      remedy: 'user',
      message: /does not speak ManageSieve/,
    })
  })

  t.test(`a goodbye at ${at} is told with the server's words`, async t => {
    await t.rejects(listOf(t, { ...FRIENDLY, [step]: 'BYE "going\r\n' }), { code: 'UPSTREAM_PROTOCOL' })
    await t.rejects(listOf(t, { ...FRIENDLY, [step]: 'BYE {6}\r\ndown\r\n\r\n' }), {
      code: 'UPSTREAM_BYE',
      message: /ended the connection: down$/,
    })
  })

  t.test(`an answer without an end at ${at} ends the connection`, async t => {
    await t.rejects(listOf(t, { ...FRIENDLY, [step]: '"a"\r\n'.repeat(60_000) }), { code: 'UPSTREAM_PROTOCOL' })
  })
}

t.test('lists that are none end the connection', async t => {
  for (const lines of ['ACTIVE "a"\r\n', '("a")\r\n', '\r\n']) {
    await t.rejects(listOf(t, { ...FRIENDLY, LISTSCRIPTS: `${lines}OK\r\n` }), { code: 'UPSTREAM_PROTOCOL' })
  }
})

t.test('a script that is none ends the connection', async t => {
  for (const lines of ['', '"a"\r\n"b"\r\n', 'ATOM\r\n', '"a" "b"\r\n']) {
    const { port } = await startScripted(t, { ...FRIENDLY, GETSCRIPT: `${lines}OK\r\n` })
    const session = await connectTo(t, port)
    await t.rejects(session.getScript('x'), { code: 'UPSTREAM_PROTOCOL' })
    await t.rejects(session.noop(), { code: 'UPSTREAM_PROTOCOL' }, 'and nothing is asked any more')
  }
})

// What is said before it is asked for must not become the answer to what comes next.
for (const [early, rest] of [
  ['OK\r\n', 'NO "it is still there"\r\n'],
  ['OK "ha', 'lf"\r\n'],
  ['{3}\r\nab', 'c\r\nOK\r\n'],
] as const) {
  t.test(`an answer that nobody has asked for: ${JSON.stringify(early)}`, async t => {
    const { port } = await startScripted(t, { ...FRIENDLY, NOOP: `OK\r\n${early}`, DELETESCRIPT: rest })
    const session = await connectTo(t, port)
    await session.noop()
    await t.rejects(session.deleteScript('x'), { code: 'UPSTREAM_PROTOCOL', message: /unasked/ })
  })
}

t.test('commands that are given at once are asked one after the other', async t => {
  const { port, said } = await startScripted(t, {
    ...FRIENDLY,
    NOOP: 'OK\r\n',
    'GETSCRIPT "a"': '{1}\r\n1\r\nOK\r\n',
    'GETSCRIPT "b"': 'NO (NONEXISTENT)\r\n',
  })
  const session = await connectTo(t, port)
  const [one, two] = await Promise.allSettled([session.getScript('a'), session.getScript('b'), session.noop()])
  t.match(one, { value: Buffer.from('1') })
  t.match(two, { reason: { code: 'UPSTREAM_SCRIPT_UNKNOWN' } })
  t.same(said.slice(2), ['GETSCRIPT "a"', 'GETSCRIPT "b"', 'NOOP'])
})

t.test('a server that says nothing, or drips, is given up', async t => {
  const drip: Script = {
    ...FRIENDLY,
    NOOP: socket => {
      const timer = setInterval(() => socket.write('"'), 5)
      socket.once('close', () => clearInterval(timer))
    },
  }
  for (const script of [FRIENDLY, drip]) {
    const { port } = await startScripted(t, script)
    const session = await connectTo(t, port, { answerTimeoutMs: 100 })
    await t.rejects(session.noop(), { code: 'UPSTREAM_SILENT', remedy: 'retry' })
  }
  const { port } = await startScripted(t, {})
  await t.rejects(connectTo(t, port, { signInTimeoutMs: 50 }), { code: 'UPSTREAM_SILENT', message: /no session/ })
})

t.test('a caller that stops gets its own reason, before and after the sign-in', async t => {
  const silent = await startScripted(t, {})
  const reason = new Error('the daemon is stopping')
  const early = new AbortController()
  const connecting = connectTo(t, silent.port, { signal: early.signal })
  early.abort(reason)
  await t.rejects(connecting, reason)
  const { port } = await startScripted(t, FRIENDLY)
  const late = new AbortController()
  const session = await connectTo(t, port, { signal: late.signal })
  const asking = session.noop()
  late.abort(reason)
  await t.rejects(asking, reason)
})

t.test('words of a server that are long or have control characters are cut to a line', async t => {
  const text = `\x1b[31mline 1\r\nline 2 ${'x'.repeat(5000)}`
  const { port } = await startScripted(t, { ...FRIENDLY, CHECKSCRIPT: `NO {${text.length}}\r\n${text}\r\n` })
  const session = await connectTo(t, port)
  const error = await session.checkScript('rules', Buffer.from('x')).catch(error => error)
  t.match(error, { code: 'UPSTREAM_SCRIPT_INVALID', message: /"rules": \[31mline 1 line 2 x+…$/ })
  t.ok(error.message.length < 1200)
})

t.test('warnings come with a script that is taken; other codes of a refusal are told', async t => {
  const script: Script = {
    ...FRIENDLY,
    CHECKSCRIPT: 'OK (WARNINGS) "line 8: no such address"\r\n',
    'PUTSCRIPT "a"': 'NO (X-VENDOR/ODD "a" 1) "odd"\r\n',
    'HAVESPACE "a" 5': 'NO (QUOTA) "full"\r\n',
  }
  const { port } = await startScripted(t, script)
  const session = await connectTo(t, port)
  t.same(await session.checkScript('a', Buffer.from('k')), { warnings: 'line 8: no such address' })
  await t.rejects(session.putScript('a', Buffer.from('k')), {
    code: 'UPSTREAM_REFUSED',
    message: /refused a command: \[X-VENDOR\/ODD\] odd/,
  })
  await t.rejects(session.assertSpace('a', 5), { code: 'UPSTREAM_SCRIPT_QUOTA', message: /\[QUOTA\] full/ })
})
