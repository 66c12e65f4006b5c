import t from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { Listener } from '../support/listener.ts'
import type { PosternHome } from '../support/postern.ts'
import { watch } from '../support/watched.ts'

const skip = dovecotMissing() ?? false
const letter = (subject: string) => `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`
const ALL = 'MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange'

interface World extends AsyncDisposable {
  readonly dovecot: Dovecot
  readonly home: PosternHome
  readonly port: number
}

async function world(): Promise<World> {
  const dovecot = await startDovecot({ users: [FRONT_USER] })
  const server = await imapflowOn(dovecot.imapPort)
  await server.mailboxCreate('Archive')
  await server.append('INBOX', letter('m1'))
  server.close()
  const home = await frontHome(dovecot.imapPort)
  await home.json(['sync', '--wait'])
  await home.start()
  const end = async () => {
    await home[Symbol.asyncDispose]()
    await dovecot[Symbol.asyncDispose]()
  }
  return { dovecot, home, port: await frontPort(home), [Symbol.asyncDispose]: end }
}

t.test('a client is told what others and the server change, in all mailboxes', { skip }, async t => {
  await using there = await world()
  using listener = new Listener(there.port)
  await listener.command(`LOGIN ${FRONT_USER} "${DOVECOT_PASSWORD}"`)
  await listener.command('SELECT INBOX')
  await listener.command(
    `NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange)) (personal (${ALL}))`,
  )
  const other = await imapflowOn(there.port)
  t.teardown(() => other.close())
  const server = await imapflowOn(there.dovecot.imapPort)
  t.teardown(() => server.close())

  const beganMs = performance.now()
  await other.append('Archive', letter('local'))
  t.match(
    await listener.told(/STATUS "Archive" .*\r\n/),
    /MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+ UNSEEN 1 HIGHESTMODSEQ \d+/,
  )
  t.comment(`told ${Math.round(performance.now() - beganMs)} ms after the APPEND was begun`)
  await server.append('Archive', letter('remote'))
  await listener.told(/STATUS "Archive" \(MESSAGES 2 .* UNSEEN 2 .*\r\n/)
  await server.append('INBOX', letter('m2'))
  t.match(
    await listener.told(/\* 2 FETCH .*\r\n.*\r\n\r\n\)\r\n/),
    /\* 2 EXISTS\r\n\* 2 FETCH \(UID 2 BODY\[.*\] .*\r\nSubject: m2/,
  )

  await server.mailboxOpen('Archive')
  await server.messageFlagsAdd('1:*', ['\\Seen'])
  await listener.told(/STATUS "Archive" \(MESSAGES 2 .* UNSEEN 0 .*\r\n/)
  await server.messageDelete('1')
  await listener.told(/STATUS "Archive" \(MESSAGES 1 .*\r\n/)
  await server.mailboxClose()

  const own = ['CREATE Own', 'UNSUBSCRIBE Own', 'RENAME Own Owned', 'SUBSCRIBE Owned', 'DELETE Owned']
  let text = ''
  for (const command of own) text += await listener.command(command)
  await other.mailboxCreate('Plans')
  text += await listener.told(/\* LIST \(\\HasNoChildren \\Subscribed\) "." "Plans"\r\n/)
  t.notMatch(text, /Own/, 'its own changes are told to others only')
  await other.mailboxRename('Plans', 'Ideas')
  await listener.told(/\* LIST \(.*\) "." "Ideas" \("OLDNAME" \("Plans"\)\)\r\n/)
  await other.mailboxUnsubscribe('Ideas')
  await listener.told(/\* LIST \(\\HasNoChildren\) "." "Ideas"\r\n/)
  await other.mailboxDelete('Ideas')
  await listener.told(/\* LIST \(\\NonExistent .*\) "." "Ideas"\r\n/)
  await server.mailboxCreate('FromServer')
  await listener.told(/\* LIST \(.*\) "." "FromServer"\r\n/)

  await other.mailboxOpen('INBOX')
  await other.messageFlagsAdd('1', ['\\Flagged'])
  await listener.told(/\* 1 FETCH \(UID 1 FLAGS \(\\Flagged\)\)\r\n/)
  await other.messageDelete('1')
  await listener.told(/\* 1 EXPUNGE\r\n/)
})

t.test('our own client watches our own front by NOTIFY', { skip }, async t => {
  await using there = await world()
  const credentials = async () => ({ user: FRONT_USER, password: DOVECOT_PASSWORD })
  const { states, changes } = watch(t, { port: there.port }, { credentials, folders: ['Archive'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'notify', error: undefined })
  await changes.next() // what the invented store does not know
  const other = await imapflowOn(there.port)
  t.teardown(() => other.close())
  await other.append('Archive', letter('local'))
  t.match(await changes.next(({ paths }) => paths.includes('Archive')), { paths: ['Archive'] })
  const server = await imapflowOn(there.dovecot.imapPort)
  t.teardown(() => server.close())
  await server.append('INBOX', letter('m2'))
  t.ok(await changes.next(({ paths }) => paths.includes('INBOX')))
  await other.mailboxCreate('Plans')
  t.ok(await changes.next(({ structure }) => structure))
})
