import t from 'tap'
import { MailAccount } from '../../../src/daemon/mail-view/mail-account.ts'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { ImapFront } from '../../support/imap-front.ts'

async function signedIn() {
  const front = new ImapFront()
  front.account.deliver('INBOX', 'one', 'two')
  await front.account.sync()
  return { front, client: await front.connect() }
}

t.test('mailboxes are made, listed, renamed and deleted', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  t.match(await client.command('CREATE "Work/2026/"'), [/^OK \[MAILBOXID \(F\d+\)\]$/])
  t.match(await client.command('CREATE inbox'), [/^NO \[ALREADYEXISTS\]/])
  t.same(await client.command('LIST "" "%"'), [
    '* LIST (\\HasNoChildren) "/" "INBOX"',
    '* LIST (\\HasNoChildren) "/" "Archive"',
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Work"',
    'OK',
  ])
  t.same(await client.command('LIST "Work/" "*"'), ['* LIST (\\HasNoChildren) "/" "Work/2026"', 'OK'])
  t.same(await client.command('LIST "" ""'), ['* LIST (\\Noselect) "/" ""', 'OK'])
  t.match(await client.command('RENAME Work/2026 Work/2027'), ['OK'])
  t.match(await client.command('STATUS Work/2026 (MESSAGES)'), [/^NO \[NONEXISTENT\]/])
  t.match(await client.command('STATUS Work/2027 (MESSAGES UNSEEN)'), ['* STATUS "Work/2027" (MESSAGES 0 UNSEEN 0)'])
  t.match(await client.command('DELETE Work/2027'), ['OK'])
  t.match(await client.command('DELETE INBOX'), [/^NO \[CANNOT\]/])
  await front.account.sync()
  t.notOk(front.account.server.folders.has('Work/2026'))
  await client.close()
})

t.test('names in other alphabets are written as the client reads them', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  await client.command('CREATE "Entw&APw-rfe"')
  t.ok(front.account.store.read.getFolder('Entwürfe'))
  t.match(await client.command('LIST "" "Entw*"'), ['* LIST (\\HasNoChildren) "/" "Entw&APw-rfe"'])
  t.match(await client.command('ENABLE IMAP4REV2'), ['* ENABLED IMAP4rev2'])
  const utf8 = Buffer.from('Entwürfe').toString('latin1')
  t.match(await client.command('LIST "" "Entw*"'), [`* LIST (\\HasNoChildren) "/" "${utf8}"`])
  t.match(await client.command(`STATUS "${utf8}" (MESSAGES)`), [`* STATUS "${utf8}" (MESSAGES 0)`])
  await client.close()
})

t.test('subscriptions are kept', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  t.match(await client.command('UNSUBSCRIBE Archive'), ['OK'])
  t.same(await client.command('LSUB "" "*"'), ['* LSUB () "/" "INBOX"', 'OK'])
  t.same(await client.command('LIST (SUBSCRIBED) "" "*"'), ['* LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"', 'OK'])
  t.match(await client.command('SUBSCRIBE Archive'), ['OK'])
  t.equal((await client.command('LSUB "" "*"')).length, 3)
  t.match(await client.command('SUBSCRIBE Nowhere'), [/^NO \[NONEXISTENT\]/])
  await client.close()
})

t.test('STATUS comes with LIST, and tells everything', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  const items = 'MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT'
  const [, status] = await client.command(`LIST "" "INBOX" RETURN (STATUS (${items}))`)
  t.match(
    status,
    /^\* STATUS "INBOX" \(MESSAGES 2 UIDNEXT \d+ UIDVALIDITY \d+ UNSEEN 2 DELETED 0 SIZE \d+ HIGHESTMODSEQ \d+ MAILBOXID \(F\d+\) APPENDLIMIT 536870912\)$/,
  )
  await client.close()
})

t.test('a pattern of nothing but wildcards takes no time', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  await client.command(`CREATE ${'a'.repeat(200)}`)
  t.match(await client.command(`LIST "" "${'*a'.repeat(400)}b"`), ['OK'])
  await client.close()
})

t.test('a mailbox that is deleted under a client ends its connection', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  await client.command('SELECT Archive')
  await front.account.change({ kind: 'deleteFolder', path: 'Archive' })
  t.match(await client.command('NOOP'), ['* BYE the open mailbox is gone', 'OK'])
  await client.close()
})

t.test('a store that was restored from a backup is another mailbox to who has it open', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  await client.command('SELECT INBOX')
  front.account.store.database.run('UPDATE folder SET local_uid_validity = local_uid_validity + 1')
  t.match(await client.command('NOOP'), ['* BYE the open mailbox is gone', 'OK'])
  await client.close()
})

t.test('a refusal while news is read is no end: they come later', async t => {
  const { front, client } = await signedIn()
  await using _front = front
  await client.command('SELECT INBOX')
  front.account.deliver('INBOX', 'three')
  await front.account.sync()
  const { changes } = MailAccount.prototype
  MailAccount.prototype.changes = async () => {
    throw new ImapRefusal('INUSE', 'the store is being repaired')
  }
  t.same(await client.command('NOOP'), ['OK'])
  MailAccount.prototype.changes = changes
  t.same(await client.command('NOOP'), ['* 3 EXISTS', 'OK'])
  await client.close()
})
