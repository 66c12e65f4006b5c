import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { contentsOf, FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { lookUntil } from '../support/watched-home.ts'

const MUTT = '/usr/bin/mutt'
const skip = existsSync(MUTT) ? (dovecotMissing() ?? false) : `${MUTT} is not installed`
const MUTT_TIMEOUT_MS = 60_000
const letter = (subject: string) =>
  `Message-ID: <${subject}@x>\r\nFrom: bob@x\r\nSubject: ${subject}\r\n\r\nDear all,\r\n${subject}\r\n`

// What a person types, with the messages in the order of the mailbox.
const KEYS = [
  '<first-entry><display-message><exit>', // one is read
  '<next-entry><flag-message>', // two: the cursor goes on by itself
  '<save-message>=Archive<enter>', // three
  '<delete-message>', // four
  '<copy-message>=Archive<enter>', // five
  '<mail>carol@x<enter>six<enter><postpone-message>',
  '<sync-mailbox><quit>',
]

t.test('what is done offline in mutt is on the server when it is back', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [FRONT_USER] })
  const server = await imapflowOn(dovecot.imapPort)
  t.teardown(() => server.close())
  await server.mailboxCreate('Archive')
  for (const name of ['one', 'two', 'three', 'four', 'five']) await server.append('INBOX', letter(name))
  await using proxy = await startFaultProxy(dovecot.imapPort)
  await using home = await frontHome(proxy.port)
  await home.json(['sync', '--wait'])
  await home.start()

  proxy.spoil({ kind: 'cut', direction: 'client', afterOctets: 0 })
  await typeIntoMutt(t, await frontPort(home), KEYS)
  const client = await imapflowOn(await frontPort(home))
  t.teardown(() => client.close())
  const wanted = {
    Archive: ['five', 'three'],
    Drafts: ['six \\Draft'],
    INBOX: ['five Old', 'one \\Seen', 'two Old \\Flagged'],
    Sent: [],
    Trash: [],
  }
  t.same(await contentsOf(client), wanted, 'seen here at once')
  t.same((await contentsOf(server)).INBOX, ['five', 'four', 'one', 'three', 'two'], 'and not there')

  proxy.spoil({ kind: 'none' })
  const isSame = ({ Archive, INBOX }: Record<string, string[]>) =>
    JSON.stringify([Archive, INBOX]) === JSON.stringify([wanted.Archive, wanted.INBOX])
  const there = await lookUntil(async () => {
    await home.json(['sync', '--wait']).catch(() => undefined)
    return contentsOf(server)
  }, isSame)
  t.same(there, { ...wanted, Drafts: [] }, 'drafts stay here')
  t.same(await contentsOf(client), wanted, 'and nothing has changed here')
})

/** Runs mutt on a terminal until the keys have ended it. */
async function typeIntoMutt(t: Test, port: number, keys: readonly string[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-mutt-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const configuration = join(dir, 'muttrc')
  writeFileSync(configuration, muttConfiguration(port, keys))
  // `script` gives it the terminal that it asks for; when `script` ends, the terminal hangs up, and mutt ends.
  const child = spawn('script', ['-qec', `${MUTT} -n -F ${configuration}`, '/dev/null'], {
    env: { ...process.env, HOME: dir, TERM: 'vt100' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: MUTT_TIMEOUT_MS,
  })
  const exited = once(child, 'exit')
  const screen = await text(child.stdout)
  t.equal((await exited)[0], 0, 'mutt has come to its end') || t.comment(screen)
}

function muttConfiguration(port: number, keys: readonly string[]): string {
  return `set imap_user="${FRONT_USER}" imap_pass="${DOVECOT_PASSWORD}"
set folder="imap://127.0.0.1:${port}/" spoolfile="=INBOX" postponed="=Drafts" record="=Sent"
set from="${FRONT_USER}" editor="true" sort="mailbox-order"
set ssl_starttls=no ssl_force_tls=no
set delete=yes quit=yes postpone=yes abort_unmodified=no include=no
set confirmappend=no confirmcreate=no move=no wait_key=no resolve=yes
push "${keys.join('')}"
`
}
