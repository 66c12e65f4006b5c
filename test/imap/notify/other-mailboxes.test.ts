import t from 'tap'
import { ImapRefusal } from '../../../src/imap/backend.ts'
import { packFlags } from '../../../src/store/flags.ts'
import { notified, settled } from './notified-client.ts'

const MESSAGES = 'MessageNew MessageExpunge'

t.test('what happens in mailboxes that are not open is told when it happens', async t => {
  const { client, inbox, sent, tell } = await notified(`NOTIFY SET (personal (${MESSAGES} FlagChange))`)
  sent.put()
  tell(sent)
  t.equal(
    await client.until(/\r\n/),
    '* STATUS "Sent" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7 UNSEEN 1 HIGHESTMODSEQ 2)\r\n',
  )
  inbox.remove(1)
  inbox.setFlags(2, packFlags(['\\Seen']))
  tell(inbox)
  t.equal(
    await client.until(/\r\n/),
    '* STATUS "INBOX" (MESSAGES 2 UIDNEXT 4 UIDVALIDITY 7 UNSEEN 1 HIGHESTMODSEQ 6)\r\n',
  )
  inbox.setFlags(2, packFlags([]))
  tell(inbox)
  t.match(await client.until(/\r\n/), /UNSEEN 2 HIGHESTMODSEQ 7/)
  await client.end()
})

t.test('flags are told to those who ask for them, and what is no news to nobody', async t => {
  const { client, inbox, sent, tell } = await notified(`NOTIFY SET (personal (${MESSAGES}))`)
  inbox.setFlags(1, packFlags([]))
  tell(inbox)
  tell(sent)
  await settled()
  inbox.put()
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* STATUS "INBOX" (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 7 UNSEEN 4)\r\n')
  await client.end()
})

t.test('an open mailbox is told of as such only, and again when it is open no longer', async t => {
  const { client, inbox, tell } = await notified(
    'SELECT INBOX',
    `NOTIFY SET (personal (${MESSAGES})) (selected (${MESSAGES}))`,
  )
  inbox.put()
  tell(inbox)
  t.equal(await client.until(/\r\n/), '* 4 EXISTS\r\n')
  t.equal(await client.command('UNSELECT'), 't4 OK the mailbox is closed\r\n')
  t.equal(await client.command('NOOP'), 't5 OK nothing done\r\n', 'all of it is known')
  inbox.put()
  tell(inbox)
  t.match(await client.until(/\r\n/), /^\* STATUS "INBOX" \(MESSAGES 5 /)
  await client.end()
})

t.test('what was not told while it was open is told after it', async t => {
  const { client, inbox, tell } = await notified('SELECT INBOX', `NOTIFY SET (personal (${MESSAGES}))`)
  inbox.put()
  tell(inbox)
  t.equal(await client.command('NOOP'), 't4 OK nothing done\r\n')
  t.match(await client.command('UNSELECT'), /^t5 OK/)
  t.match(await client.command('NOOP'), /^\* STATUS "INBOX" \(MESSAGES 4 .*\r\nt6 OK/)
  await client.end()
})

t.test('nothing comes in between the parts of a command, or among answers that look the same', async t => {
  const { client, sent, tell } = await notified(`NOTIFY SET (personal (${MESSAGES}))`)
  client.send('a LIST "" Se')
  await settled()
  sent.put()
  tell(sent)
  await settled()
  client.send('nt\r\n')
  t.match(await client.until(/STATUS.*\r\n/), /^\* LIST .*\r\na OK .*\r\n\* STATUS "Sent" .*\r\n$/)
  client.send('b APPEND INBOX {3}\r\n')
  await client.until(/^\+ .*\r\n/m)
  sent.put()
  tell(sent)
  await settled()
  client.send('abc\r\n')
  t.match(await client.until(/^b .*\r\n/m), /^\* STATUS "Sent" .*\r\n\* STATUS "INBOX" .*\r\nb OK/)
  await client.end()
})

t.test('IDLE tells the same', async t => {
  const { client, sent, tell } = await notified(`NOTIFY SET (mailboxes Sent (${MESSAGES}))`)
  await client.send('a IDLE\r\n').until(/idling\r\n/)
  sent.put()
  tell(sent)
  t.match(await client.until(/\r\n/), /^\* STATUS "Sent" /)
  t.equal(await client.send('DONE\r\n').until(/\r\n/), 'a OK no longer idle\r\n')
  await client.end()
})

t.test('NOTIFY NONE ends it, and NOTIFY SET begins where things are then', async t => {
  const { client, inbox, sent, tell } = await notified(`NOTIFY SET (personal (${MESSAGES}))`, 'NOTIFY NONE')
  sent.put()
  tell(sent)
  t.equal(await client.command('NOOP'), 't4 OK nothing done\r\n')
  t.match(await client.command(`NOTIFY SET (subtree Sent (${MESSAGES}))`), /^t5 OK/)
  sent.put()
  inbox.put()
  tell(inbox)
  tell(sent)
  t.match(await client.until(/\r\n/), /^\* STATUS "Sent" \(MESSAGES 2 /)
  await client.end()
})

t.test('a mailbox is one of the subscribed ones from when it is subscribed', async t => {
  const { client, sent, tell } = await notified('UNSUBSCRIBE Sent', `NOTIFY SET STATUS (subscribed (${MESSAGES}))`)
  sent.put()
  tell(sent)
  t.equal(await client.command('NOOP'), 't4 OK nothing done\r\n')
  sent.isSubscribed = true
  sent.put()
  tell()
  tell(sent)
  t.match(await client.until(/\r\n/), /^\* STATUS "Sent" \(MESSAGES 2 /)
  await client.end()
})

t.test('what cannot be read now is told later', async t => {
  const { account, client, sent, tell } = await notified(`NOTIFY SET (personal (${MESSAGES} MailboxName))`)
  account.nextFailure = new ImapRefusal('UNAVAILABLE', 'the store is busy')
  sent.put()
  tell(sent)
  await settled()
  t.match(await client.command('NOOP'), /^\* STATUS "Sent" .*\r\nt3 OK/)
  await client.end()
})

t.test('a NOTIFY that cannot be obeyed leaves the one before it in force', async t => {
  const { account, client, sent, tell } = await notified(`NOTIFY SET (mailboxes Sent (${MESSAGES}))`)
  account.nextFailure = new ImapRefusal('UNAVAILABLE', 'the store is busy')
  t.equal(
    await client.command(`NOTIFY SET STATUS (personal (${MESSAGES}))`),
    't3 NO [UNAVAILABLE] the store is busy\r\n',
  )
  t.match(await client.command('NOTIFY SET (personal (Rain))'), /^t4 NO \[BADEVENT /)
  t.match(await client.command('NOTIFY SET (personal (FlagChange))'), /^t5 BAD /)
  sent.put()
  tell(sent)
  t.match(await client.until(/\r\n/), /^\* STATUS "Sent" /)
  await client.end()
})
