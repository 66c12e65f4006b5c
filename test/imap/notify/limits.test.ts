import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { notified, settled } from './notified-client.ts'

const EVENTS = '(MessageNew MessageExpunge MailboxName)'
const OPEN = '(MessageNew MessageExpunge)'
const OVERFLOW = 'NO [NOTIFICATIONOVERFLOW] that is too much to watch\r\n'

t.test('no more is remembered for a client than a few groups, names and items', async t => {
  const { client } = await notified()
  const names = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`).join(' ')
  const groups = (count: number) => Array.from({ length: count }, () => '(personal NONE)').join(' ')
  const items = (count: number) => `(selected (MessageNew (${'UID '.repeat(count).trim()}) MessageExpunge))`
  t.match(await client.command(`NOTIFY SET (mailboxes (${names(1000)}) ${EVENTS})`), /OK/)
  t.equal(await client.command(`NOTIFY SET (mailboxes (${names(1001)}) ${EVENTS})`), `t3 ${OVERFLOW}`)
  t.match(await client.command(`NOTIFY SET ${groups(100)}`), /OK/)
  t.equal(await client.command(`NOTIFY SET ${groups(101)}`), `t5 ${OVERFLOW}`)
  t.match(await client.command(`NOTIFY SET ${items(100)}`), /OK/)
  t.equal(await client.command(`NOTIFY SET ${items(101)}`), `t7 ${OVERFLOW}`)
  await client.end()
})

t.test('a client that does not read is told how things are when it reads, not each change', async t => {
  const { client, sent, tell } = await notified(`NOTIFY SET (personal ${EVENTS})`)
  client.stream.pause()
  for (let count = 0; count < 20_000; count++) {
    sent.put()
    tell(sent)
    await new Promise(resolve => setImmediate(resolve))
  }
  client.stream.resume()
  const told = await client.until(/MESSAGES 20000 .*\r\n/)
  t.ok(told.split('\r\n').length < 10_000, `${told.split('\r\n').length} lines`)
  await client.end()
})

t.test('a mailbox that is dear to count is not counted for each of its changes', async t => {
  const { account, client, inbox, sent, tell } = await notified(`NOTIFY SET (personal ${EVENTS}) (selected ${OPEN})`)
  t.match(await client.command('SELECT INBOX'), /t3 OK/)
  let counted = 0
  account.pause = async () => {
    counted++
    await delay(10)
  }
  for (let count = 0; count < 100; count++) {
    sent.put()
    tell(sent)
    await delay(10)
  }
  inbox.put()
  tell(inbox)
  await client.until(/4 EXISTS[\s\S]*MESSAGES 100 .*\r\n|MESSAGES 100 [\s\S]*4 EXISTS\r\n/)
  t.ok(counted < 40, `it was counted ${counted} times`)
  await client.end()
})

t.test('too many mailboxes are watched for nobody, and who watched is told so', async t => {
  const { account, client, sent, tell } = await notified(`NOTIFY SET (personal ${EVENTS})`)
  for (let index = account.boxes.length; index < 10_000; index++) account.add(`m${index}`)
  tell()
  await client.until(/"m9999"\r\n/)
  account.add('one more')
  tell()
  t.equal(await client.until(/\r\n/), '* OK [NOTIFICATIONOVERFLOW] there are too many mailboxes to watch\r\n')
  sent.put()
  tell(sent)
  tell()
  await settled()
  t.equal(await client.command('NOOP'), 't3 OK nothing done\r\n')
  t.equal(await client.command(`NOTIFY SET (personal ${EVENTS})`), `t4 ${OVERFLOW}`)
  t.match(await client.command(`NOTIFY SET (selected (MessageNew MessageExpunge))`), /^t5 OK/)
  await client.end()
})
