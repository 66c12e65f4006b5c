import t, { type Test } from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

async function ask(t: Test, capabilities: string, answer: string) {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, command => (command.startsWith('GETQUOTAROOT') ? answer : undefined)),
  )
  const mail = await connectTo(server)
  t.teardown(() => mail[Symbol.asyncDispose]())
  return { mail, received: server.received }
}

t.test('what an account has stored and may store is read, in octets', async t => {
  const answers: readonly [answer: string, quota: unknown][] = [
    ['* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 10 512)\r\n', { usage: 10_240, limit: 524_288 }],
    [
      '* QUOTAROOT INBOX {4}\r\nro"t\r\n* QUOTA {4}\r\nro"t (MESSAGE 5 9 storage 3 4)\r\n',
      { usage: 3072, limit: 4096 },
    ],
    // Two roots: the one that is full sooner.
    ['* QUOTA a (STORAGE 10 900)\r\n* QUOTA b (STORAGE 50 100)\r\n', { usage: 51_200, limit: 102_400 }],
    ['* QUOTAROOT INBOX\r\n', undefined],
    ['* QUOTA INBOX ()\r\n', undefined],
    ['* QUOTA "" (MESSAGE 10 512)\r\n', undefined],
    ['* QUOTA "" (MESSAGE STORAGE 7)\r\n', undefined],
    ['* QUOTA "" (STORAGE x 512)\r\n', undefined],
    ['* QUOTA ""\r\n', undefined],
  ]
  for (const [answer, quota] of answers) {
    const { mail, received } = await ask(t, 'QUOTA', `${answer}TAG OK done\r\n`)
    t.same(await mail.readQuota?.(), quota, answer)
    t.match(received.at(-1), /GETQUOTAROOT "INBOX"$/)
  }
})

t.test('a limit beyond all numbers is one that is never reached', async t => {
  const { mail } = await ask(t, 'QUOTA', '* QUOTA "" (STORAGE 1 9223372036854775807)\r\nTAG OK done\r\n')
  const { limit = 0 } = (await mail.readQuota?.()) ?? {}
  t.ok(Number.isSafeInteger(limit) && limit > 2 ** 50)
})

t.test('a server without quotas is not asked, one that refuses is told of', async t => {
  t.equal((await ask(t, '', 'TAG BAD\r\n')).mail.readQuota, undefined)
  const { mail } = await ask(t, 'QUOTA', 'TAG NO [NOPERM] not yours\r\n')
  await t.rejects(async () => mail.readQuota?.(), { code: 'UPSTREAM_REFUSED' })
})
