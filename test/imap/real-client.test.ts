import { ImapFlow } from 'imapflow'
import t from 'tap'
import { serveImap } from '../../src/imap/connection.ts'
import { startListener } from '../support/front-server.ts'
import { memoryFront, PASSWORD, someAccount } from '../support/imap/front.ts'

t.test('a program that knows all extensions finds its way', async t => {
  const account = someAccount()
  const { port } = await startListener(t, { serve: connection => serveImap(connection, memoryFront(account)) })
  const auth = { user: 'ada', pass: PASSWORD }
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth,
    logger: false,
    qresync: true,
  })
  await client.connect()
  t.same([...client.enabled].sort(), ['CONDSTORE', 'IMAP4REV2', 'QRESYNC', 'UTF8=ACCEPT'])
  const paths = (await client.list()).map(({ path }) => path).sort()
  t.same(paths, ['INBOX', 'Projects', 'Projects/2026', 'Projects/2026/Büro', 'Sent'])
  const lock = await client.getMailboxLock('INBOX')
  t.same(await client.search({ seen: false }, { uid: true }), [2, 3])
  t.equal(await client.messageFlagsAdd('2', ['\\Seen'], { uid: true }), true)
  t.match(await client.messageMove('1', 'Sent', { uid: true }), { destination: 'Sent' })
  t.equal(await client.messageDelete('3', { uid: true }), true)
  t.match(await client.append('INBOX', 'Subject: hi\r\n\r\nbody\r\n', ['\\Flagged']), { uid: 4 })
  t.match(await client.status('INBOX', { messages: true, unseen: true }), { messages: 2, unseen: 1 })
  lock.release()
  const arrived = new Promise(resolve => client.once('exists', resolve))
  const idle = client.idle()
  account.boxes[0]?.put()
  account.tell({ kind: 'mailbox', mailbox: account.boxes[0]?.id ?? 0 })
  t.match(await arrived, { path: 'INBOX', count: 3 })
  await client.logout()
  await idle
})
