import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { contentsOf, FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import type { PosternHome } from '../support/postern.ts'
import { lookUntil } from '../support/watched-home.ts'

const skip = dovecotMissing() ?? false
const missing = (file: string) => (existsSync(file) ? skip : `${file} is not installed`)
const run = promisify(execFile)
const letter = (subject: string) => `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\nGrüße,\r\n${subject}\r\n`

interface World extends AsyncDisposable {
  readonly dovecot: Dovecot
  readonly home: PosternHome
  readonly port: number
}

async function world(count: number, settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const dovecot = await startDovecot({ users: [FRONT_USER] })
  const server = await imapflowOn(dovecot.imapPort)
  await server.mailboxCreate('Archive')
  for (let index = 1; index <= count; index++) await server.append('INBOX', letter(`m${index}`))
  server.close()
  const home = await frontHome(dovecot.imapPort, settings)
  await home.json(['sync', '--wait'])
  await home.start()
  const end = async () => {
    await home[Symbol.asyncDispose]()
    await dovecot[Symbol.asyncDispose]() // may have ended before
  }
  return { dovecot, home, port: await frontPort(home), [Symbol.asyncDispose]: end }
}

function folderOf(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'postern-client-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

t.test('curl lists, searches, reads and appends', { skip: missing('/usr/bin/curl') }, async t => {
  await using there = await world(3)
  const curl = async (path: string, ...more: string[]) => {
    const base = ['-s', '-m', '20', '-u', `${FRONT_USER}:${DOVECOT_PASSWORD}`, ...more]
    return (await run('curl', [...base, `imap://127.0.0.1:${there.port}/${path}`])).stdout
  }
  t.match(await curl(''), /LIST \(.*\) "\/" "Archive"/)
  t.match(await curl('INBOX?SUBJECT%20m2'), /SEARCH 2/)
  t.equal(await curl('INBOX;UID=1'), letter('m1'))
  const file = join(folderOf(t), 'letter.eml')
  writeFileSync(file, letter('by-curl'))
  await curl('Archive', '-T', file)
  t.match(await curl('Archive?ALL'), /SEARCH 1/)
  await run('curl', [
    '-s',
    '-m',
    '20',
    '-k',
    '--ssl-reqd',
    '-u',
    `${FRONT_USER}:${DOVECOT_PASSWORD}`,
    `imap://127.0.0.1:${there.port}/`,
  ])
  const implicit = ['-s', '-m', '20', '-k', '-u', `${FRONT_USER}:${DOVECOT_PASSWORD}`]
  t.match(
    (await run('curl', [...implicit, `imaps://127.0.0.1:${there.port}/`])).stdout,
    /Archive/,
    'implicit TLS, same port',
  )
})

t.test('Python’s imaplib lives in it', { skip: missing('/usr/bin/python3') }, async t => {
  await using there = await world(3)
  const script = `import imaplib, sys
m = imaplib.IMAP4('127.0.0.1', ${there.port})
m.login_cram_md5('${FRONT_USER}', sys.stdin.readline().strip())
print(m.select('INBOX'))
print(m.store('1', '+FLAGS', '(\\\\Seen)'))
print(m.copy('2', 'Archive'))
print(m.store('3', '+FLAGS', '(\\\\Deleted)'), m.expunge())
print(m.append('INBOX', '(\\\\Flagged)', None, b'Subject: py\\r\\n\\r\\nhi\\r\\n'))
print(m.uid('SEARCH', 'FLAGGED'), m.fetch('1', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])'))
print(m.logout()[0])`
  const child = run('python3', ['-c', script], { timeout: 30_000 })
  child.child.stdin?.end(`${DOVECOT_PASSWORD}\n`)
  const { stdout } = await child
  t.match(stdout, /'OK', \[b'3'\]/)
  t.match(stdout, /FLAGS \(\\\\Seen\)/)
  t.match(stdout, /APPENDUID/)
  t.match(stdout, /Subject: m1/)
  t.match(stdout, /BYE\s*$/)
  const server = await imapflowOn(there.dovecot.imapPort)
  t.teardown(() => server.close())
  await lookUntil(
    async () => (await contentsOf(server)).INBOX ?? [],
    found => found.includes('py \\Flagged'),
  )
  t.same(await contentsOf(server), {
    Archive: ['m2'],
    Drafts: [],
    INBOX: ['m1 \\Seen', 'm2', 'py \\Flagged'],
    Sent: [],
    Trash: [],
  })
})

t.test('mbsync keeps a Maildir and us the same, both ways', { skip: missing('/usr/bin/mbsync') }, async t => {
  await using there = await world(5)
  const dir = folderOf(t)
  const mail = join(dir, 'mail')
  mkdirSync(mail)
  const config = join(dir, 'mbsyncrc')
  writeFileSync(
    config,
    `IMAPAccount postern
Host 127.0.0.1
Port ${there.port}
User ${FRONT_USER}
Pass ${DOVECOT_PASSWORD}
SSLType None

IMAPStore far
Account postern

MaildirStore near
Path ${mail}/
Inbox ${mail}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX Archive
Create Near
Expunge Both
SyncState *
`,
  )
  const sync = () => run('mbsync', ['-c', config, 'all'], { timeout: 60_000 })
  await sync()
  const files = () =>
    ['cur', 'new'].flatMap(sub => readdirSync(join(mail, 'INBOX', sub)).map(name => join(mail, 'INBOX', sub, name)))
  t.equal(files().length, 5)
  const texts = files().map(file =>
    readFileSync(file, 'utf8')
      .replace(/^X-TUID:.*\n/m, '')
      .replaceAll('\r\n', '\n'),
  )
  t.same(new Set(texts), new Set([1, 2, 3, 4, 5].map(number => letter(`m${number}`).replaceAll('\r\n', '\n'))))
  rmSync(files().find(file => readFileSync(file, 'utf8').includes('Subject: m4')) ?? '')
  writeFileSync(join(mail, 'INBOX', 'new', '1.made.here'), letter('by-mbsync').replaceAll('\r\n', '\n'))
  await sync()
  const server = await imapflowOn(there.dovecot.imapPort)
  t.teardown(() => server.close())
  const wanted = ['by-mbsync', 'm1', 'm2', 'm3', 'm5']
  const subjects = async () => ((await contentsOf(server)).INBOX ?? []).map(each => each.split(' ')[0])
  const isSame = (found: readonly (string | undefined)[]) => found.join() === wanted.join()
  t.same(await lookUntil(subjects, isSame), wanted, 'the deletion and the new message are on the server')
  await sync()
  t.equal(files().length, 5, 'nothing is doubled')
})

t.test(
  'a message of which only the header is here comes when it is opened, if the server is there',
  { skip },
  async t => {
    await using there = await world(2, { downloadMode: 'headers' })
    const client = await imapflowOn(there.port)
    t.teardown(() => client.close())
    const lock = await client.getMailboxLock('INBOX')
    t.teardown(() => lock.release())
    const subjects = (await client.fetchAll('1:*', { envelope: true })).map(({ envelope }) => envelope?.subject)
    t.same(subjects, ['m1', 'm2'], 'listed without it')
    const opened = await client.fetchOne('1', { source: true, envelope: true })
    t.equal(String(Object(opened).source), letter('m1'))
    await there.dovecot[Symbol.asyncDispose]()
    const failure: unknown = await client.fetchAll('2', { source: true }).catch(error => error)
    t.match(failure, { responseStatus: 'NO', responseText: /^only the header is here/ })
    const again = await client.fetchOne('1', { source: true })
    t.equal(String(Object(again).source), letter('m1'), 'what has come stays')
  },
)

t.test('what comes from the server appears in an open session at once', { skip }, async t => {
  await using there = await world(2)
  const client = await imapflowOn(there.port)
  t.teardown(() => client.close())
  const lock = await client.getMailboxLock('INBOX')
  t.teardown(() => lock.release())
  const news = new Promise(resolve => client.once('exists', resolve))
  const idling = client.idle()
  const server = await imapflowOn(there.dovecot.imapPort)
  t.teardown(() => server.close())
  await server.append('INBOX', letter('fresh'))
  t.match(await news, { path: 'INBOX', count: 3, prevCount: 2 })
  await client.noop()
  await idling
})
