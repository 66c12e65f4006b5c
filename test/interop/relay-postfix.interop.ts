import { join } from 'node:path'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { POSTFIX_PASSWORD, POSTFIX_USER, postfixMissing, startPostfix, startSinkProgram } from '../support/postfix.ts'
import { startRelay } from '../support/smtp-relay.ts'

const missing = postfixMissing()
const ACCOUNT = { email: POSTFIX_USER, password: POSTFIX_PASSWORD }
const TO = ['bob@example.test', 'nobody@example.test', 'later@example.test']

t.test('a real Postfix behind the relay', { skip: missing ?? false }, async t => {
  const certificate = await makeServerCertificate(join(t.testdir(), 'tls'), { ips: ['127.0.0.1'] })
  await using sink = await startSinkProgram({ keeps: true })
  await using postfix = await startPostfix({ certificate, relayPort: sink.port })
  const { submissionPort, submissionsPort } = postfix.ports

  for (const url of [
    `smtp://127.0.0.1:${submissionPort}`,
    `smtp+starttls://127.0.0.1:${submissionPort}`,
    `smtps://127.0.0.1:${submissionsPort}`,
  ]) {
    const scheme = url.replace(/:.*/, '')
    await t.test(`takes a message over ${scheme}, and its refusals reach the client in its own words`, async t => {
      const send = await startRelay(t, { ...ACCOUNT, smtp: url })
      for (const round of [1, 2]) {
        const sent = await send(`${scheme} ${round}`, TO)
        t.same(sent.accepted, ['bob@example.test'])
        t.match(sent.response, /^250 2\.0\.0 Ok: queued as /)
        t.same(
          sent.rejectedErrors?.map(({ response }) => response?.replace(/<.*>/, '<...>')),
          [
            '550 5.1.1 <...>: Recipient address rejected: no such user here',
            '450 4.2.1 <...>: Recipient address rejected: mailbox busy',
          ],
        )
      }
      await postfix.drained()
      const arrived = sink.messages().filter(message => message.includes(`Subject: ${scheme} `))
      t.equal(arrived.length, 2)
      for (const message of arrived) t.match(message, /X-Rcpt-Args: <bob@example\.test>/)
    })
  }

  await t.test('that refuses the account’s password makes a temporary failure that says so', async t => {
    const send = await startRelay(t, {
      ...ACCOUNT,
      password: 'not the password',
      smtp: `smtp://127.0.0.1:${submissionPort}`,
    })
    await t.rejects(send('never', ['bob@example.test']), {
      message: /: 451 4\.7\.0 .*refused the user name or password/,
    })
  })

  await t.test('nothing that was refused has arrived', async t => {
    await postfix.drained()
    t.equal(sink.messages().length, 6)
  })
})
