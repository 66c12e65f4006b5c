import t from 'tap'
import { notified, settled } from './notified-client.ts'

t.test('mailboxes that come, go and get other names are told', async t => {
  const { account, client, sent, tell } = await notified('NOTIFY SET (personal (MailboxName))')
  const made = account.add('Sent/2026')
  tell()
  t.equal(await client.until(/\r\n/), '* LIST (\\HasNoChildren \\Subscribed) "/" "Sent/2026"\r\n')
  sent.path = 'Post'
  made.path = 'Post/2026'
  tell()
  t.equal(
    await client.until(/2026"\)\)\r\n/),
    '* LIST (\\HasChildren \\Subscribed \\Sent) "/" "Post" ("OLDNAME" ("Sent"))\r\n' +
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Post/2026" ("OLDNAME" ("Sent/2026"))\r\n',
  )
  account.boxes.splice(account.boxes.indexOf(sent), 1)
  tell()
  t.equal(
    await client.until(/\r\n/),
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Post"\r\n',
    'it is still above another one',
  )
  account.boxes.splice(account.boxes.indexOf(made), 1)
  tell()
  t.equal(await client.until(/\r\n/), '* LIST (\\NonExistent \\Noselect \\HasNoChildren) "/" "Post/2026"\r\n')
  await client.end()
})

t.test('names are told in an order in which nobody loses a mailbox', async t => {
  const { account, client, sent, tell } = await notified('NOTIFY SET (personal (MailboxName))')
  const projects = account.boxes[2]
  if (!projects) throw new Error('a mailbox is missing')
  sent.path = 'Projects/2026/Büro' // the name of one that goes on
  projects.path = 'Old'
  account.add('Sent')
  tell()
  t.equal(
    await client.until(/"Sent"\r\n/),
    '* LIST (\\HasNoChildren \\Subscribed) "/" "Old" ("OLDNAME" ("Projects/2026/B&APw-ro"))\r\n' +
      '* LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Projects/2026/B&APw-ro" ("OLDNAME" ("Sent"))\r\n' +
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Sent"\r\n',
  )
  sent.path = 'Old'
  projects.path = 'Projects/2026/Büro'
  tell()
  t.equal(
    await client.until(/\r\n.*\r\n.*\r\n/),
    '* LIST (\\NonExistent \\Noselect \\HasNoChildren) "/" "Projects/2026/B&APw-ro"\r\n' +
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Projects/2026/B&APw-ro" ("OLDNAME" ("Old"))\r\n' +
      '* LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Old"\r\n',
    'names that are exchanged',
  )
  await client.end()
})

t.test('subscriptions are told to those who ask for them', async t => {
  const { account, client, sent, tell } = await notified('NOTIFY SET (subtree Sent (SubscriptionChange))')
  sent.isSubscribed = false
  tell()
  t.equal(await client.until(/\r\n/), '* LIST (\\HasNoChildren \\Sent) "/" "Sent"\r\n')
  sent.path = 'Post'
  tell()
  await settled()
  sent.path = 'Sent'
  sent.isSubscribed = true
  tell()
  t.match(await client.until(/\r\n/), /^\* LIST \(.*\\Subscribed.*\) "\/" "Sent" /, 'its name was nothing to tell')
  account.add('Sent/new')
  tell()
  t.match(await client.until(/\r\n/), /^\* LIST \(.*\\Subscribed.*\) "\/" "Sent\/new"\r\n$/)
  await client.end()
})

t.test('a mailbox is watched by a name that it had, or has', async t => {
  const { account, client, sent, tell } = await notified('NOTIFY SET (mailboxes (Sent Later) (MailboxName))')
  sent.path = 'Elsewhere'
  tell()
  t.match(await client.until(/\r\n/), /"Elsewhere" \("OLDNAME" \("Sent"\)\)/)
  account.add('Never')
  sent.path = 'Later'
  tell()
  t.match(await client.until(/\r\n/), /"Later" \("OLDNAME" \("Elsewhere"\)\)/)
  await client.end()
})

t.test('names come in the encoding that the client speaks', async t => {
  const { client, sent, tell } = await notified('ENABLE UTF8=ACCEPT', 'NOTIFY SET (personal (MailboxName))')
  sent.path = 'Bücher'
  tell()
  t.equal(
    Buffer.from(await client.until(/\r\n/), 'latin1').toString(),
    '* LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Bücher" ("OLDNAME" ("Sent"))\r\n',
  )
  await client.end()
})

t.test('a new mailbox is told of with its messages', async t => {
  const { account, client, tell } = await notified('NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))')
  const kept = account.add('Conflicts')
  kept.isReadOnly = true
  kept.put()
  tell(kept)
  tell()
  t.match(await client.until(/STATUS.*\r\n/), /^\* LIST .*"Conflicts"\r\n\* STATUS "Conflicts" \(MESSAGES 1 /)
  account.boxes.pop()
  tell(kept)
  tell()
  t.match(await client.until(/\r\n/), /^\* LIST \(\\NonExistent .*"Conflicts"\r\n/)
  await client.end()
})
