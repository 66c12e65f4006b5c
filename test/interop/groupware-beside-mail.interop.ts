import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BearerGate } from '../support/bearer-gate.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { contact, event, OtherClient } from '../support/dav.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { atProvider, signIn } from '../support/oauth-home.ts'
import { OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome } from '../support/postern.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from '../support/radicale.ts'

const USER = 'ada@example.test'
const skip = radicaleMissing() ?? dovecotMissing() ?? false

type Items = readonly { readonly id: string; readonly subject: string }[]

const subjects = async (home: PosternHome, folder: string) =>
  ((await home.json(['item', 'list', folder])) as Items).map(({ subject }) => subject)

t.test('mail and calendars of one profile: what is wrong with one server leaves the other alone', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  const files = await makeServerCertificate(t.testdir())
  const radicale = await startRadicale({ users: [USER], password: DOVECOT_PASSWORD, files })
  await using _radicale = radicale
  generateMaildir(dovecot.maildir('ada'), { messages: 3, seed: 5, largeEvery: 0 })
  dovecot.own('ada')
  const calendar = join(radicale.dir, 'data/collection-root', USER, 'private')
  mkdirSync(calendar, { recursive: true })
  const properties = { tag: 'VCALENDAR', 'D:displayname': 'Private', 'C:supported-calendar-component-set': 'VEVENT' }
  writeFileSync(join(calendar, '.Radicale.props'), JSON.stringify(properties))
  writeFileSync(join(calendar, '1.ics'), event('1', 'Dentist'))
  await using home = new PosternHome()
  home.configure()
  const urls = ['--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--dav', radicale.url.href]
  await home.json(['profile', 'add', 'work', '--email', USER, ...urls, '--password-stdin'], DOVECOT_PASSWORD)
  const sync = async () => {
    const run = await home.runHere(['sync', '--json'])
    return { code: run.code, ...(run.json() as object) }
  }
  const untrusted = { folder: 'calendars and address books', code: 'TLS_UNTRUSTED' }
  t.match(await sync(), { code: 1, downloaded: 3, errors: [untrusted] }, 'mail is here, and it is told what is not')
  t.match(await home.json(['status']), {
    profiles: [{ mailIn: 'postern', state: 'error', items: 3, lastError: { code: 'TLS_UNTRUSTED' } }],
  })
  await home.json(['cert', 'approve', radicale.url.host, '--yes'])
  t.match(await sync(), { code: 0, downloaded: 1, errors: { length: 0 } })
  t.same(await subjects(home, 'Private'), ['Dentist'])
  t.match(await home.json(['status']), { profiles: [{ state: 'ok', items: 4, lastError: null }] })
  t.match(await home.json(['profile', 'test', 'work']), {
    ok: true,
    tests: [{ connection: 'imap' }, { connection: 'dav', says: 'signed in, 1 calendars, 0 address books' }],
  })
  t.match(await home.json(['proxy', 'show']), { servers: { length: 2 } })

  await home.json(['profile', 'set', 'work', 'mailIn', 'outlook'])
  const file = join(home.dir, 'message.eml')
  writeFileSync(file, 'Subject: stays here\r\n\r\nx\r\n')
  await home.json(['item', 'add', 'INBOX', file])
  t.match(await sync(), { code: 0, uploaded: 0, errors: { length: 0 } }, 'mail is left alone')
  await home.json(['profile', 'set', 'work', 'mailIn', 'postern'])
  t.match(await sync(), { code: 0, uploaded: 1 })

  await radicale[Symbol.asyncDispose]()
  await home.json(['item', 'add', 'INBOX', file])
  t.match(await sync(), { code: 1, uploaded: 1, errors: [{ code: 'NET_REFUSED' }] })
})

t.test('a backup that is put back loses nothing that came later on the server', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const other = new OtherClient(radicale.url, USER, RADICALE_PASSWORD)
  await other.makeAddressBook(`/${USER}/people/`, 'People')
  await other.put(`/${USER}/people/1.vcf`, contact('1', 'Grace'))
  await using home = new PosternHome()
  home.configure()
  const add = ['profile', 'add', 'work', '--groupware-only', '--email', USER, '--dav', radicale.url.href]
  await home.json([...add, '--password-stdin'], RADICALE_PASSWORD)
  await home.json(['sync'])
  const file = join(home.dir, 'alan.vcf')
  writeFileSync(file, contact('2', 'Alan'))
  await home.json(['item', 'add', 'People', file])
  t.match(await home.json(['store', 'check', '--full']), { ok: true })
  await home.json(['store', 'backup', join(home.dir, 'backup')])
  t.match(await home.json(['sync']), { uploaded: 1 }, 'the server has it, which the backup does not know')
  await other.put(`/${USER}/people/3.vcf`, contact('3', 'Barbara'))
  await other.delete(`/${USER}/people/1.vcf`)
  await home.json(['sync'])
  await home.json(['store', 'restore', join(home.dir, 'backup'), '--yes'])
  t.same((await subjects(home, 'People')).toSorted(), ['Alan', 'Grace'])
  t.match(await home.json(['sync']), { conflicts: 0, errors: { length: 0 } })
  t.same((await subjects(home, 'People')).toSorted(), ['Alan', 'Barbara'], 'as the server has it, nobody twice')
  t.match(await home.json(['item', 'list', '--deleted']), [{ subject: 'Grace', deletedBy: 'server' }])
  t.match(await home.json(['store', 'check', '--full']), { ok: true })
  await home.json(['store', 'repair', '--full'])
  t.same((await subjects(home, 'People')).toSorted(), ['Alan', 'Barbara'])
})

t.test('who signs in with OAuth2 has calendars by the same tokens', { skip }, async t => {
  await using provider = await OidcProvider.start(USER)
  await using radicale = await startRadicale({ users: [USER] })
  await using gate = await BearerGate.start(provider, radicale.url, `${USER}:${RADICALE_PASSWORD}`)
  const other = new OtherClient(radicale.url, USER, RADICALE_PASSWORD)
  await other.makeCalendar(`/${USER}/work/`, 'Work')
  await using home = new PosternHome()
  home.configure()
  await home.start()
  const add = ['profile', 'add', 'work', '--groupware-only', '--email', USER, '--dav', gate.url.href]
  await home.json([...add, '--auth', 'oauth2'])
  t.match(await signIn(home, atProvider(provider), async url => provider.browse(url)), { code: 0 })
  const file = join(home.dir, 'x.ics')
  writeFileSync(file, event('x', 'By token'))
  await home.json(['sync'])
  await home.json(['item', 'add', 'Work', file])
  await home.json(['sync'])
  t.match(await home.json(['item', 'list', 'Work']), [{ subject: 'By token', state: 'full' }])
  provider.expireAccessTokens()
  const { refused } = gate.counts
  t.match(await home.json(['sync']), { errors: { length: 0 } }, 'one that has ended is renewed')
  t.ok(gate.counts.refused > refused)
  provider.revokeEverything()
  const ended = await home.runHere(['sync', '--json'])
  t.match(ended.json(), { error: { code: 'PROFILE_SIGN_IN_NEEDED', remedy: 'user' } })
})
