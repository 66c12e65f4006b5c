import { ImapFlow } from 'imapflow'
import { DOVECOT_PASSWORD } from './dovecot.ts'
import { PosternHome } from './postern.ts'

/** The user of the tests with mail programs on our IMAP front. */
export const FRONT_USER = 'ada@example.test'

/** A home with the profile `work`, which is told to the server at once and otherwise left alone. */
export async function frontHome(
  imapPort: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${imapPort}`
  const add = ['profile', 'add', 'work', '--email', FRONT_USER, '--imap', imap, '--password-stdin']
  await home.json(add, DOVECOT_PASSWORD)
  for (const [key, value] of Object.entries(settings)) await home.json(['profile', 'set', 'work', key, value])
  return home
}

/** The port of our IMAP front. */
export async function frontPort(home: PosternHome): Promise<number> {
  const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
  return fronts.find(({ name }) => name === 'imap')?.port ?? 0
}

/** imapflow, signed in to a server with plain text. */
export async function imapflowOn(port: number): Promise<ImapFlow> {
  const auth = { user: FRONT_USER, pass: DOVECOT_PASSWORD }
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
  await client.connect()
  return client
}

/** What a server has: by folder, each message's subject with its flags, sorted. */
export async function contentsOf(client: ImapFlow): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {}
  for (const { path, flags } of await client.list()) {
    if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue
    const lock = await client.getMailboxLock(path, { readOnly: true })
    try {
      const found: string[] = []
      const query = { envelope: true, flags: true }
      const isEmpty = client.mailbox && client.mailbox.exists === 0
      for await (const message of isEmpty ? [] : client.fetch('1:*', query)) {
        const names = [...(message.flags ?? [])].filter(flag => flag !== '\\Recent').sort()
        found.push(`${message.envelope?.subject}${names.length > 0 ? ` ${names.join(' ')}` : ''}`)
      }
      contents[path] = found.sort()
    } finally {
      lock.release()
    }
  }
  return contents
}
