import t from 'tap'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { contentsOf, FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { lookUntil } from '../support/watched-home.ts'

const skip = dovecotMissing() ?? false
const letter = (subject: string) =>
  `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\nDear all,\r\n${subject}\r\n`

t.test('what is done offline in a mail program is on the server when it is back', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [FRONT_USER] })
  const server = await imapflowOn(dovecot.imapPort)
  t.teardown(() => server.close())
  await server.mailboxCreate('Archive')
  for (const name of ['one', 'two', 'three', 'four', 'five']) await server.append('INBOX', letter(name))
  await using proxy = await startFaultProxy(dovecot.imapPort)
  await using home = await frontHome(proxy.port)
  await home.json(['sync', '--wait'])
  await home.start()
  const client = await imapflowOn(await frontPort(home))
  t.teardown(() => client.close())
  t.same(await contentsOf(client), await contentsOf(server), 'all of it is here')

  proxy.spoil({ kind: 'cut', direction: 'client', afterOctets: 0 })
  const lock = await client.getMailboxLock('INBOX')
  const read = await client.fetchOne('1', { source: true })
  t.equal(String(Object(read).source), letter('one'), 'read offline')
  await client.messageFlagsAdd('1', ['\\Seen', '$Label1'])
  await client.messageMove('2', 'Archive')
  await client.messageDelete('2') // it was the third
  await client.append('INBOX', letter('six'), ['\\Flagged'])
  lock.release()
  const wanted = { Archive: ['two'], INBOX: ['five', 'four', 'one $Label1 \\Seen', 'six \\Flagged'] }
  t.match(await contentsOf(client), wanted, 'seen here at once')
  t.notMatch(await contentsOf(server), wanted, 'and not there')

  proxy.spoil({ kind: 'none' })
  const isSame = (there: Record<string, string[]>) => JSON.stringify(there.INBOX) === JSON.stringify(wanted.INBOX)
  const there = await lookUntil(async () => {
    await home.json(['sync', '--wait']).catch(() => undefined)
    return contentsOf(server)
  }, isSame)
  t.match(there, wanted)
  t.same(await contentsOf(client), there, 'both sides are the same')
})
