import t from 'tap'
import { postfixMissing, startSinkProgram } from '../support/postfix.ts'
import { dovecotSubmissionMissing, startDovecotSubmission } from '../support/smtp-dovecot.ts'
import { startRelay } from '../support/smtp-relay.ts'

const ACCOUNT = { email: 'ada@example.test', password: 'secret' }
const skip = dovecotSubmissionMissing() ?? postfixMissing() ?? false

t.test('messages go through a real Dovecot submission server, one after the other', { skip }, async t => {
  await using sink = await startSinkProgram({ keeps: true })
  const { email: user, password } = ACCOUNT
  await using dovecot = await startDovecotSubmission({ user, password, relayPort: sink.port })
  const send = await startRelay(t, { ...ACCOUNT, smtp: `smtp://127.0.0.1:${dovecot.port}` })
  for (const subject of ['one', 'two', 'three']) {
    const sent = await send(subject, ['bob@example.test', 'carol@example.test'])
    t.match(sent, { accepted: ['bob@example.test', 'carol@example.test'], response: /^250 / })
  }
  const messages = sink.messages()
  t.same(messages.map(message => /^Subject: (.*)$/m.exec(message)?.[1]).sort(), ['one', 'three', 'two'])
  for (const message of messages) t.match(message, /X-Rcpt-Args: <bob@example\.test>\n(.*\n)*X-Rcpt-Args: <carol/)
})
