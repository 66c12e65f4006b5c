import t from 'tap'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { packFlags, unpackFlags } from '../../../src/store/flags.ts'
import { notified, settled } from './notified-client.ts'

const MESSAGES = 'MessageNew MessageExpunge'
const ALL = `${MESSAGES} FlagChange`

t.test('with SELECTED all is told when it happens, and numbers shift between commands', async t => {
  const { client, inbox, tell } = await notified('SELECT INBOX', `NOTIFY SET (selected (${ALL}))`)
  inbox.put()
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 4 EXISTS\r\n')
  inbox.setFlags(2, packFlags(['\\Seen']))
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n')
  inbox.remove(1)
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 1 EXPUNGE\r\n')
  await client.end()
})

t.test('numbers that a command uses shift after it', async t => {
  const { client, inbox, tell } = await notified('SELECT INBOX', `NOTIFY SET (selected (${ALL}))`)
  client.send('a FETCH 2')
  await settled()
  inbox.remove(1)
  tell(inbox)
  await settled()
  client.send(' UID\r\n')
  t.equal(await client.until(/EXPUNGE\r\n/), '* 2 FETCH (UID 2)\r\na OK fetched\r\n* 1 EXPUNGE\r\n')
  await client.end()
})

t.test('with SELECTED-DELAYED messages keep their numbers until a command allows otherwise', async t => {
  const { client, inbox, tell } = await notified('SELECT INBOX', `NOTIFY SET (selected-delayed (${ALL}))`)
  inbox.remove(1)
  inbox.put()
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 4 EXISTS\r\n')
  t.equal(await client.command('FETCH 2 UID'), '* 2 FETCH (UID 2)\r\nt4 OK fetched\r\n')
  t.equal(await client.command('NOOP'), '* 1 EXPUNGE\r\nt5 OK nothing done\r\n')
  inbox.remove(2)
  tell(inbox)
  await settled()
  t.equal(await client.send('a IDLE\r\n').until(/EXPUNGE\r\n/), '+ idling\r\n* 1 EXPUNGE\r\n')
  inbox.remove(3)
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 1 EXPUNGE\r\n')
  await client.end()
})

t.test('with QRESYNC, VANISHED and mod-sequences are told', async t => {
  const { client, inbox, tell } = await notified('ENABLE QRESYNC', 'SELECT INBOX', `NOTIFY SET (selected (${ALL}))`)
  inbox.remove(1)
  inbox.remove(3)
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* VANISHED 1,3\r\n')
  inbox.setFlags(2, packFlags(['\\Seen']))
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (7))\r\n')
  await client.end()
})

t.test('SELECTED is whichever mailbox is open', async t => {
  const { client, sent, tell } = await notified(`NOTIFY SET (selected (${ALL}))`, 'SELECT INBOX', 'SELECT Sent')
  sent.put()
  tell(sent)
  t.equal(await client.until(/\r\n/), '* 1 EXISTS\r\n')
  t.match(await client.command('CLOSE'), /^t5 OK/)
  sent.put()
  tell(sent)
  t.match(await client.command('NOOP'), /^t6 OK/)
  await client.end()
})

t.test('of new messages is told what is asked for, and they do not become \\Seen', async t => {
  const items = 'UID FLAGS BODY[HEADER.FIELDS (SUBJECT)]'
  const { client, inbox, tell } = await notified(
    'SELECT INBOX',
    `NOTIFY SET (selected (MessageNew (${items}) MessageExpunge))`,
  )
  const uid = inbox.put({ octets: 'Subject: new\r\nX: y\r\n\r\nbody\r\n', flags: ['work'] })
  inbox.put()
  tell(inbox)
  t.equal(
    await client.until(/\* 5 FETCH[^)]*\)[^)]*\)[^)]*\)\r\n/),
    '* 5 EXISTS\r\n' +
      '* 4 FETCH (UID 4 FLAGS (work) BODY[HEADER.FIELDS (SUBJECT)] {16}\r\nSubject: new\r\n\r\n)\r\n' +
      '* 5 FETCH (UID 5 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: x\r\n\r\n)\r\n',
  )
  t.same(unpackFlags(inbox.messages.get(uid)?.flags ?? packFlags([])), ['work'])
  await client.end()
})

t.test('a new message that cannot be read is told by its number', async t => {
  const { account, client, inbox, tell } = await notified(
    'SELECT INBOX',
    'NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge))',
  )
  inbox.put()
  const octets = account.octets.bind(account)
  account.octets = () => {
    throw new ImapRefusal('UNAVAILABLE', 'the server is away')
  }
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 4 EXISTS\r\n')
  await settled()
  account.octets = octets
  inbox.put({ octets: 'a: b\r\n\r\n' })
  tell(inbox)
  t.equal(await client.until(/\)\r\n/), '* 5 EXISTS\r\n* 5 FETCH (BODY[] {8}\r\na: b\r\n\r\n)\r\n')
  await client.end()
})

t.test('whoever hears nothing of messages misses none of them', async t => {
  const { client, inbox, tell } = await notified('SELECT INBOX', 'NOTIFY SET (selected NONE)')
  inbox.remove(1)
  inbox.put()
  inbox.setFlags(3, packFlags([]))
  tell(inbox)
  t.equal(await client.command('NOOP'), 't4 OK nothing done\r\n')
  t.equal(await client.send('a IDLE\r\n').until(/\r\n/), '+ idling\r\n')
  tell(inbox)
  await settled()
  t.equal(await client.send('DONE\r\n').until(/\r\n/), 'a OK no longer idle\r\n')
  t.match(await client.command('NOTIFY SET (selected NONE) (personal (Rain))'), /^t5 NO /)
  t.equal(
    await client.command('NOTIFY SET (selected NONE)'),
    '* 1 EXPUNGE\r\n* 3 EXISTS\r\n* 2 FETCH (UID 3 FLAGS ())\r\nt6 OK you will be told\r\n',
  )
  inbox.forget()
  inbox.remove(2)
  tell(inbox)
  t.equal(
    await client.command('NOTIFY SET (selected (MessageNew MessageExpunge))'),
    '* 1 EXPUNGE\r\nt7 OK you will be told\r\n',
  )
  await client.end()
})

t.test('EXPUNGE tells no mod-sequence up to which not all was told', async t => {
  const { client, inbox, tell } = await notified(
    'ENABLE QRESYNC',
    'SELECT INBOX',
    `NOTIFY SET (selected (${MESSAGES}))`,
  )
  inbox.setFlags(1, packFlags(['\\Deleted']))
  tell(inbox)
  t.equal(await client.command('EXPUNGE'), '* VANISHED 1\r\nt5 OK [HIGHESTMODSEQ 4] expunged\r\n')
  await client.end()
})

t.test('a client is let go when its open mailbox goes, even if it wants to hear of no message', async t => {
  for (const events of ['NONE', `(${ALL})`]) {
    const { account, client, tell } = await notified('SELECT INBOX', `NOTIFY SET (selected ${events})`)
    account.boxes.shift()
    tell()
    t.equal(await client.rest(), '* BYE the open mailbox is gone\r\n')
    await client.end()
  }
})

t.test('what cannot be read now is told at the next command', async t => {
  const { account, client, inbox, tell } = await notified('SELECT INBOX', `NOTIFY SET (selected (${ALL}))`)
  account.nextFailure = new ImapRefusal('UNAVAILABLE', 'the store is busy')
  inbox.put()
  tell(inbox)
  await settled()
  t.equal(
    await client.command('CAPABILITY').then(text => text.replace(/^\* CAP.*\r\n/, '')),
    '* 4 EXISTS\r\nt4 OK those are the capabilities\r\n',
  )
  await client.end()
})
