import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { Listener } from '../support/listener.ts'

const letter = (subject: string) => `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`

t.test(
  'a mail program finds the version that lost, and takes it back',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [FRONT_USER] })
    const server = await imapflowOn(dovecot.imapPort)
    t.teardown(() => server.close())
    for (const name of ['one', 'two']) await server.append('INBOX', letter(name))
    await using home = await frontHome(dovecot.imapPort)
    await home.json(['sync', '--wait'])
    const [item] = (await home.json(['item', 'list', 'INBOX'])) as { id: string; uid: number }[]
    await home.json(['item', 'flag', item?.id ?? '', '+\\Flagged'])
    await server.mailboxOpen('INBOX')
    await server.messageDelete(String(item?.uid), { uid: true })
    for (let run = 0; run < 3; run++) await home.json(['sync', '--wait'])

    await home.start()
    const client = await imapflowOn(await frontPort(home))
    t.teardown(() => client.close())
    t.ok((await client.list()).some(({ path }) => path === 'Conflicts'))
    using listener = new Listener(await frontPort(home))
    await listener.command(`LOGIN ${FRONT_USER} "${DOVECOT_PASSWORD}"`)
    const told = await listener.command('NOTIFY SET STATUS (personal (MessageNew MessageExpunge MailboxName))')
    t.match(told, /^\* STATUS "Conflicts" \(MESSAGES 1 /m)
    const lock = await client.getMailboxLock('Conflicts')
    const kept = await client.fetchOne('1', { source: true, flags: true, bodyStructure: true })
    t.equal(String(Object(kept).source), letter('one'))
    t.same([...Object(kept).flags], ['\\Flagged'])
    t.same(await client.search({ subject: 'one' }), [1])
    t.match(await client.messageCopy('1', 'Sent'), { destination: 'Sent' })
    const expunged = new Promise(resolve => client.once('expunge', resolve))
    void client.idle()
    const [conflict] = (await home.json(['conflict', 'list'])) as { id: string }[]
    await home.json(['conflict', 'restore', conflict?.id ?? ''])
    await listener.told(/^\* LIST \(\\NonExistent .*\) .* "Conflicts"\r\n/m)
    t.match(await expunged, { path: 'Conflicts', seq: 1 })
    lock.release()
    t.notOk((await client.list()).some(({ path }) => path === 'Conflicts'))
    await home.json(['sync', '--wait'])
    // Of the mailbox it has open, Dovecot's STATUS tells what this session has seen of it.
    await server.mailboxClose()
    t.match(await server.status('Sent', { messages: true }), { messages: 1 })
    t.match(await server.status('INBOX', { messages: true }), { messages: 2 })
  },
)
