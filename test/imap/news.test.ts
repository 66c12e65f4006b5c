import t from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount, someAccount } from '../support/imap/front.ts'

async function start(...commands: readonly string[]) {
  const account = someAccount()
  const inbox = account.boxes[0]
  if (!inbox) throw new Error('there is no inbox')
  const client = await ImapClient.signedIn(serveAccount(account))
  for (const command of commands) await client.command(command)
  return { account, inbox, client, tell: () => account.tell({ kind: 'mailbox', mailbox: inbox.id }) }
}

t.test('an idle client is told what happens, when it happens', async t => {
  const { inbox, client, tell } = await start('SELECT INBOX')
  await client.send('a IDLE\r\n').until(/idling\r\n/)
  inbox.put()
  tell()
  t.equal(await client.until(/\r\n/), '* 4 EXISTS\r\n')
  inbox.setFlags(1, packFlags(['\\Seen', '\\Deleted']))
  tell()
  t.equal(await client.until(/\r\n/), '* 1 FETCH (FLAGS (\\Seen \\Deleted))\r\n')
  inbox.remove(1)
  inbox.remove(3)
  tell()
  t.equal(await client.until(/1 EXPUNGE\r\n/), '* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n')
  t.equal(await client.send('DONE\r\n').until(/\r\n/), 'a OK no longer idle\r\n')
  await client.end()
})

t.test('what happened before IDLE is told at once', async t => {
  const { inbox, client } = await start('SELECT INBOX')
  inbox.put()
  t.equal(await client.send('a IDLE\r\n').until(/EXISTS\r\n/), '+ idling\r\n* 4 EXISTS\r\n')
  await client.end()
})

t.test('while numbers are in use, messages that are gone keep theirs', async t => {
  const { inbox, client, tell } = await start('SELECT INBOX')
  inbox.remove(1)
  inbox.put()
  tell()
  t.equal(await client.command('FETCH 2 UID'), '* 2 FETCH (UID 2)\r\n* 4 EXISTS\r\nt3 OK fetched\r\n')
  t.equal(await client.command('FETCH 1:2 (UID FLAGS)'), '* 2 FETCH (UID 2 FLAGS ())\r\nt4 OK fetched\r\n')
  t.equal(await client.command('UID FETCH 2 FLAGS'), '* 2 FETCH (UID 2 FLAGS ())\r\n* 1 EXPUNGE\r\nt5 OK fetched\r\n')
  await client.end()
})

t.test('they keep theirs in a UID SEARCH by numbers as well', async t => {
  const { inbox, client, tell } = await start('ENABLE QRESYNC', 'SELECT INBOX', 'NOOP')
  inbox.remove(1)
  tell()
  t.equal(await client.command('UID SEARCH 2:3'), '* SEARCH 2 3\r\nt5 OK searched\r\n')
  t.equal(await client.command('UID SORT (SUBJECT) UTF-8 OR 9:* NOT 3'), '* SORT 2 3\r\nt6 OK sorted\r\n')
  t.equal(await client.command('UID SEARCH UID 2:3'), '* SEARCH 2 3\r\n* VANISHED 1\r\nt7 OK searched\r\n')
  await client.end()
})

t.test('what the store has forgotten is found by looking', async t => {
  const { inbox, client } = await start('ENABLE QRESYNC', 'SELECT INBOX')
  inbox.remove(2)
  inbox.put({ flags: ['\\Seen'] })
  inbox.forget()
  t.equal(await client.command('NOOP'), '* VANISHED 2\r\n* 3 EXISTS\r\nt4 OK nothing done\r\n')
  t.match(await client.command('SELECT INBOX (QRESYNC (7 2))'), /^\* VANISHED \(EARLIER\) 2\r\n\* 2 FETCH \(UID 3 /m)
  t.match(
    await client.command('UID FETCH 1:9 FLAGS (CHANGEDSINCE 2 VANISHED)'),
    /^\* VANISHED \(EARLIER\) 2\r\n\* 2 FETCH \(UID 3 /m,
  )
  t.match(
    await client.command('SELECT INBOX (QRESYNC (7 2 1:3 (1:2 1,3)))'),
    /MAILBOXID.*\r\n\* 2 FETCH/,
    'the client knows already which number has which UID',
  )
  await client.end()
})

t.test('news of other mailboxes are no news', async t => {
  const { account, client } = await start('SELECT INBOX')
  account.boxes[1]?.put()
  account.tell({ kind: 'mailbox', mailbox: account.boxes[1]?.id ?? 0 })
  t.equal(await client.command('NOOP'), 't3 OK nothing done\r\n')
  await client.end()
})

t.test('a client whose open mailbox goes away is let go', async t => {
  const { account, client } = await start('SELECT INBOX')
  account.boxes.shift()
  t.equal(await client.command('NOOP'), '* BYE the open mailbox is gone\r\nt3 OK nothing done\r\n')
  t.equal(await client.rest(), '')
  const other = await start('SELECT INBOX')
  await other.client.send('a IDLE\r\n').until(/idling\r\n/)
  other.account.boxes.shift()
  other.account.tell({ kind: 'mailboxes' })
  t.equal(await other.client.rest(), '* BYE the open mailbox is gone\r\n')
  await client.end()
  await other.client.end()
})
