import { createHash } from 'node:crypto'
import t from 'tap'
import { memoryBackend, PASSWORD, serve, TIMESTAMP } from '../support/pop3.ts'
import { DELIVERIES, play } from '../support/transcript.ts'
import { TRANSCRIPTS } from './transcripts.ts'

const apop = createHash('md5')
  .update(TIMESTAMP + PASSWORD)
  .digest('hex')

// RFC 2449 section 6.6: replies never depend on how the client segments its commands.
for (const [says, transcript] of Object.entries(TRANSCRIPTS)) {
  const session = transcript.replace('@APOP@', apop)
  for (const delivery of DELIVERIES)
    t.test(`${says}, ${delivery}`, async t => {
      t.equal(await play(connection => serve(connection), session, delivery), session)
    })
}

t.test('the first question for mail is told to the daemon, once a session', async t => {
  const backend = memoryBackend()
  const session = TRANSCRIPTS['a signed-in client finds an empty maildrop, in STAT, LIST and UIDL alike'] ?? ''
  await play(connection => serve(connection, backend), session, 'pipelined')
  t.same(backend.polls, ['work'])
})

t.test('STLS is offered only where it can work', async t => {
  const capabilities = 'S: +OK\nC: CAPA\n'
  const offered = async (options: { isSecure: boolean; canStartTls: boolean }) =>
    (await play(serve, `${capabilities}${'S: x\n'.repeat(11)}C: QUIT\nS: x`, 'line by line', options)).includes('STLS')
  t.equal(await offered({ isSecure: false, canStartTls: true }), true)
  t.equal(await offered({ isSecure: true, canStartTls: false }), false)
})

t.test('who signs in to a profile whose mail is elsewhere is told, and finds as much as all others', async t => {
  const session = (
    TRANSCRIPTS['a signed-in client finds an empty maildrop, in STAT, LIST and UIDL alike'] ?? ''
  ).replace(
    '+OK maildrop has 0 messages',
    '+OK maildrop has 0 messages: the mail of this profile is with another account of Outlook',
  )
  const backend = { ...memoryBackend(), hasMailElsewhere: (profile: string) => profile === 'work' }
  t.equal(await play(connection => serve(connection, backend), session, 'pipelined'), session)
})
