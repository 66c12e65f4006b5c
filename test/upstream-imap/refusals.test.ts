import t from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

const GREETING = '* OK ready'

t.test('too many connections are no wrong password, whichever way the server says it', async t => {
  for (const answer of [
    'TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n',
    'TAG NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=2)\r\n',
    '* BYE [UNAVAILABLE] Maximum number of connections from user+IP exceeded\r\n',
  ]) {
    const server = await startScriptedImap(
      t,
      GREETING,
      polite('', (command, socket) => {
        if (!command.startsWith('LOGIN')) return undefined
        if (!answer.startsWith('*')) return answer
        socket.end(answer)
        return undefined
      }),
    )
    await t.rejects(connectTo(server), { code: 'UPSTREAM_TOO_MANY_CONNECTIONS', remedy: 'retry' }, answer.trim())
  }
})

t.test('a refusal that concerns the session ends it; one that concerns a folder does not', async t => {
  for (const [refusal, code] of [
    ['NO [UNAVAILABLE] the backend is down', 'UPSTREAM_UNAVAILABLE'],
    ['NO [LIMIT] SELECT Rate limit hit.', 'UPSTREAM_UNAVAILABLE'],
    ['NO [LIMIT] Too many keywords in this mailbox', 'UPSTREAM_REFUSED'],
    ['NO [INUSE] locked by another session', 'UPSTREAM_REFUSED'],
    ['BAD what?', 'UPSTREAM_REFUSED'],
  ] as const) {
    const server = await startScriptedImap(
      t,
      GREETING,
      polite('', command => (command.startsWith('EXAMINE') ? `TAG ${refusal}\r\n` : undefined)),
    )
    await using mail = await connectTo(server)
    await t.rejects(mail.examine('INBOX'), { code }, refusal)
  }
})

t.test('of what a server says without an end only the beginning is kept', async t => {
  const server = await startScriptedImap(
    t,
    GREETING,
    polite('', command => (command.startsWith('EXAMINE') ? `TAG NO ${'x'.repeat(1_000_000)}\r\n` : undefined)),
  )
  await using mail = await connectTo(server)
  const error: unknown = await mail.examine('INBOX').catch(error => error)
  t.match(error, { code: 'UPSTREAM_REFUSED' })
  t.ok(error instanceof Error && error.message.length < 1000)
})
