import { freePorts } from './free-port.ts'
import { PosternHome } from './postern.ts'

/** The account behind the relay under test. */
export const USER = 'ada@example.test'
export const PASSWORD = 'secret'

/** Makes a home with one profile that relays to an SMTP server; its IMAP server does not exist. */
export async function makeRelayHome(
  smtp: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const [nowhere = 0] = await freePorts(1)
  const imap = `imap://127.0.0.1:${nowhere}`
  await home.json(
    ['profile', 'add', 'work', '--email', USER, '--imap', imap, '--smtp', smtp, '--password-stdin'],
    PASSWORD,
  )
  for (const [key, value] of Object.entries(settings)) await home.json(['profile', 'set', 'work', key, value])
  return home
}

/** Asks a running daemon for the port of its SMTP front. */
export async function smtpPortOf(home: PosternHome): Promise<number> {
  const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
  return fronts.find(({ name }) => name === 'smtp')?.port ?? 0
}
