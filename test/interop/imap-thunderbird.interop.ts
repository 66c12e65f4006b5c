import type { ImapFlow } from 'imapflow'
import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { contentsOf, FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { Thunderbird, thunderbirdMissing } from '../support/thunderbird/thunderbird.ts'
import { lookUntil } from '../support/watched-home.ts'

const skip = thunderbirdMissing() ?? dovecotMissing() ?? false
const letter = (subject: string) =>
  `Message-ID: <${subject}@x>\r\nFrom: bob@x\r\nSubject: ${subject}\r\n\r\nDear all,\r\n${subject}\r\n`
const isLike = (wanted: unknown) => (found: unknown) => JSON.stringify(found) === JSON.stringify(wanted)

t.test('Thunderbird lives in it, and what it does offline is on the server later', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [FRONT_USER] })
  const server = await imapflowOn(dovecot.imapPort)
  t.teardown(() => server.close())
  await server.mailboxCreate('Archive')
  const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
  for (const name of names) await server.append('INBOX', letter(name))
  await using proxy = await startFaultProxy(dovecot.imapPort)
  await using home = await frontHome(proxy.port)
  await home.json(['sync', '--wait'])
  await home.start()
  const account = { port: await frontPort(home), user: FRONT_USER, password: DOVECOT_PASSWORD }
  await using thunderbird = await Thunderbird.start(account)
  const see = (what: string, wanted: unknown, ...given: readonly string[]) =>
    lookUntil(() => thunderbird.run(what, ...given), isLike(wanted))

  await thunderbird.run('update', 'INBOX') // it signs in
  await thunderbird.run('askForFolders')
  const folders = ['Archive', 'Drafts', 'INBOX', 'Sent', 'Trash']
  t.same(await see('folders', folders), folders, 'it sees the folders')
  const all = names.map(name => `${name} here`).sort()
  t.same(await see('contents', all, 'INBOX'), all, 'it has downloaded all of it')
  t.equal(await thunderbird.run('source', 'INBOX', 'six'), letter('six'), 'octet by octet')

  proxy.spoil({ kind: 'cut', direction: 'client', afterOctets: 0 })
  await thunderbird.run('markRead', 'INBOX', 'one')
  await thunderbird.run('flag', 'INBOX', 'two')
  await thunderbird.run('move', 'INBOX', 'three', 'Archive')
  await thunderbird.run('copy', 'INBOX', 'four', 'Archive')
  await thunderbird.run('remove', 'INBOX', 'five')
  await thunderbird.run('erase', 'INBOX', 'six')
  const wanted = {
    Archive: ['four', 'three'],
    Drafts: [],
    INBOX: ['four', 'one \\Seen', 'seven', 'two \\Flagged'],
    Sent: [],
    Trash: ['five'],
  }
  const contents = async (client: ImapFlow) => Object.fromEntries(Object.entries(await contentsOf(client)).sort())
  const client = await imapflowOn(account.port)
  t.teardown(() => client.close())
  t.same(await lookUntil(() => contents(client), isLike(wanted)), wanted, 'another program sees it')
  t.same((await contents(server)).INBOX, [...names].sort(), 'and the server nothing')

  proxy.spoil({ kind: 'none' })
  const there = async () => {
    await home.json(['sync', '--wait']).catch(() => undefined)
    return contents(server)
  }
  t.same(await lookUntil(there, isLike(wanted)), wanted, 'the server has what was done')

  await server.append('INBOX', letter('eight'))
  const news = ['eight here', 'four here', 'one read here', 'seven here', 'two flagged here']
  t.same(await see('contents', news, 'INBOX'), news, 'what comes meanwhile appears by itself')
})
