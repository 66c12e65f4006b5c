import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, imapflowOn } from '../support/front-account.ts'
import { PosternHome } from '../support/postern.ts'
import { Thunderbird, thunderbirdMissing } from '../support/thunderbird/thunderbird.ts'

const MBSYNC = '/usr/bin/mbsync'
const NOBODY_LISTENS = 9
const SUBJECTS = ['one', 'two', 'three']

async function startServer(): Promise<Dovecot> {
  const dovecot = await startDovecot({ users: [FRONT_USER] })
  const client = await imapflowOn(dovecot.imapPort)
  for (const subject of SUBJECTS) {
    await client.append(
      'INBOX',
      `Message-ID: <${subject}@x>\r\nFrom: bob@x\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`,
    )
  }
  await client.logout()
  return dovecot
}

function makeHome(t: Test): { home: PosternHome; dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'postern-migration-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  mkdirSync(join(dir, 'home'))
  writeFileSync(join(dir, 'home', 'config.yaml'), 'secrets: { store: file }\n')
  return { home: new PosternHome(join(dir, 'home')), dir }
}

/** Syncs an imported profile and resolves to the subjects in its INBOX. */
async function subjectsSeen(t: Test, home: PosternHome, name: string): Promise<readonly string[]> {
  await home.json(['profile', 'password', name, '--password-stdin'], `${DOVECOT_PASSWORD}\n`)
  const result = await home.json(['sync', '--profile', name, '--wait'])
  t.match(result, { errors: [] })
  const items = (await home.json(['item', 'list', 'INBOX', '--profile', name])) as readonly { subject: string }[]
  return items.map(({ subject }) => subject).sort()
}

const missing = dovecotMissing()

t.test(
  'what Thunderbird itself has written is imported, and Postern synchronizes with it',
  {
    skip: thunderbirdMissing() ?? missing ?? false,
  },
  async t => {
    await using dovecot = await startServer()
    const { home, dir } = makeHome(t)
    {
      const account = { port: NOBODY_LISTENS, user: 'first@example.test', password: 'none' }
      await using thunderbird = await Thunderbird.start(account)
      await thunderbird.run('addAccount', {
        name: 'Práce "u moře"',
        email: 'Ada.Dvorakova@example.test',
        fullName: 'Adéla',
        user: FRONT_USER,
        imapPort: dovecot.imapPort,
        smtpPort: NOBODY_LISTENS,
      })
      const profile = String(await thunderbird.run('savePreferences'))
      cpSync(join(profile, 'prefs.js'), join(dir, 'prefs.js'))
    }
    const listed = await home.json(['profile', 'import', '--from', 'thunderbird', dir, '--list'])
    t.match(listed, {
      found: [
        { name: 'work', settings: { email: 'first@example.test' }, remarks: [/no SMTP server/] },
        {
          name: 'Prace-u-more',
          settings: {
            email: 'Ada.Dvorakova@example.test',
            user: FRONT_USER,
            imap: `imap://127.0.0.1:${dovecot.imapPort}`,
            smtp: `smtp://127.0.0.1:${NOBODY_LISTENS}`,
          },
          remarks: [],
        },
      ],
    })
    const imported = await home.json(['profile', 'import', '--from', 'thunderbird', join(dir, 'prefs.js')])
    t.match(imported, { imported: [{ name: 'work' }, { name: 'Prace-u-more', missing: ['password'] }] })
    t.same(await subjectsSeen(t, home, 'Prace-u-more'), [...SUBJECTS].sort())
  },
)

t.test(
  'a configuration with which mbsync synchronizes is imported, and Postern synchronizes with it, too',
  {
    skip: existsSync(MBSYNC) ? (missing ?? false) : 'isync is not installed',
  },
  async t => {
    await using dovecot = await startServer()
    const { home, dir } = makeHome(t)
    const rc = join(dir, 'mbsyncrc')
    mkdirSync(join(dir, 'mail'))
    const lines = [
      ...['IMAPAccount "my work"', 'Host 127.0.0.1', `Port ${dovecot.imapPort}`, `User ${FRONT_USER}`],
      ...[`PassCmd "echo ${DOVECOT_PASSWORD}"`, 'SSLType None # on this machine', 'AuthMechs LOGIN', ''],
      ...['IMAPStore remote', 'Account "my work"', ''],
      ...['MaildirStore local', `Path ${dir}/mail/`, `Inbox ${dir}/mail/INBOX`, 'SubFolders Verbatim', ''],
      ...['Channel all', 'Far :remote:', 'Near :local:', 'Patterns *', 'Create Near', 'Sync Pull', 'SyncState *', ''],
    ]
    writeFileSync(rc, lines.join('\n'))
    execFileSync(MBSYNC, ['-q', '-c', rc, '-a'], { timeout: 20_000 })
    const inbox = ['new', 'cur'].flatMap(name =>
      readdirSync(join(dir, 'mail', 'INBOX', name)).map(file => join(name, file)),
    )
    const seen = inbox.map(file => /^Subject: (.*)$/m.exec(readFileSync(join(dir, 'mail', 'INBOX', file), 'utf8'))?.[1])
    t.same(seen.sort(), [...SUBJECTS].sort(), 'mbsync has them')

    const imported = await home.json(['profile', 'import', '--from', 'mbsync', rc])
    t.match(imported, {
      imported: [
        {
          name: 'my-work',
          email: FRONT_USER,
          missing: ['password'],
          remarks: [/Sync Pull; Postern synchronizes both/, /SMTP/],
        },
      ],
    })
    t.same(await subjectsSeen(t, home, 'my-work'), [...SUBJECTS].sort(), 'and Postern')
  },
)
