import t from 'tap'
import { begin, ORDINARY, startCutThrough } from '../support/smtp-cut-through.ts'
import { FRIENDLY, type Script } from '../support/smtp-server-script.ts'

const LIMITED: Script = { ...FRIENDLY, EHLO: '250-test\r\n250 PIPELINING\r\n' }

t.test('the server gets the message as it was sent, and its answer is the answer', async t => {
  const { server, open } = await startCutThrough(t, { ...FRIENDLY, '.': '250 2.0.0 queued as 4711\r\n' })
  const sink = await begin(open())
  t.same(await sink.end(), { code: 250, lines: ['2.0.0 queued as 4711'] })
  const [, mail, rcpt, data, ...message] = server.sessions[0] ?? []
  t.same([mail, rcpt, data], ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>', 'DATA'])
  t.same(message, ['Subject: x', '', '..y', '.'])
})

t.test('each recipient gets the server’s word, several lines and all', async t => {
  const { open } = await startCutThrough(t, { 'RCPT TO:<no': '550-5.1.1 no\r\n550 5.1.1 way\r\n', ...FRIENDLY })
  const relay = open()
  const [mail, one, two] = await Promise.all([
    relay.mail('a@x', ORDINARY),
    relay.rcpt('b@x', { dsn: [] }),
    relay.rcpt('no@x', { dsn: [] }),
  ])
  t.same([mail.code, one.code], [250, 250])
  t.same(two, { code: 550, lines: ['5.1.1 no', '5.1.1 way'] })
})

t.test('DSN parameters go to a server that knows them, and not to another', async t => {
  for (const [script, lines] of [
    [FRIENDLY, ['MAIL FROM:<a@x> SIZE=5 RET=HDRS', 'RCPT TO:<b@x> NOTIFY=NEVER']],
    [LIMITED, ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>']],
  ] as const) {
    const { server, open } = await startCutThrough(t, script)
    const relay = open()
    await relay.mail('a@x', { ...ORDINARY, size: 5, dsn: ['RET=HDRS'] })
    await relay.rcpt('b@x', { dsn: ['NOTIFY=NEVER'] })
    t.same(server.sessions[0]?.slice(1), lines)
  }
})

t.test('what the server cannot take is refused before it is sent, and the connection stays clean', async t => {
  const { server, open } = await startCutThrough(t, LIMITED)
  const relay = open()
  t.match(await relay.mail('a@x', { ...ORDINARY, is8BitMime: true }), { code: 554, lines: [/^5\.6\.3 /] })
  t.match(await relay.mail('a@x', { ...ORDINARY, isSmtpUtf8: true }), { code: 550, lines: [/^5\.6\.7 /] })
  t.match(await relay.mail('a@x', ORDINARY), { code: 250 })
  t.same(server.sessions, [['EHLO [127.0.0.1]', 'MAIL FROM:<a@x>']])
})

t.test('a refused sender leaves nothing open on the server', async t => {
  const { server, open } = await startCutThrough(t, { 'MAIL FROM:<bad': '550 5.1.8 not you\r\n', ...FRIENDLY })
  const relay = open()
  t.match(await relay.mail('bad@x', ORDINARY), { code: 550, lines: ['5.1.8 not you'] })
  t.match(await (await begin(relay)).end(), { code: 250 })
  t.same(server.sessions[0]?.slice(1, 3), ['MAIL FROM:<bad@x>', 'RSET'])
})

t.test('a refused DATA is told, and the next message goes through', async t => {
  let times = 0
  const { server, open } = await startCutThrough(t, {
    ...FRIENDLY,
    DATA: socket => socket.write(times++ === 0 ? '452 4.3.1 full\r\n' : '354 go on\r\n'),
  })
  const relay = open()
  await relay.mail('a@x', ORDINARY)
  await relay.rcpt('b@x', { dsn: [] })
  t.match(await relay.data(), { code: 452, lines: ['4.3.1 full'] })
  relay.reset()
  t.match(await (await begin(relay)).end(), { code: 250 })
  t.same(server.sessions[0]?.slice(1, 5), ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>', 'DATA', 'RSET'])
})
