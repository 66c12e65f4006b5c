import { setTimeout as sleep } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import { DOVECOT_PASSWORD, type Dovecot } from './dovecot.ts'
import type { PosternHome } from './postern.ts'

/** Settings of a Dovecot that cannot NOTIFY. */
export const NO_NOTIFY = `protocol imap {
  imap_capability = IMAP4rev1 LITERAL+ IDLE SASL-IR ENABLE UIDPLUS LIST-EXTENDED LIST-STATUS CONDSTORE QRESYNC MOVE SPECIAL-USE NAMESPACE
}`

/** The user of every test of watching. */
export const WATCHED_USER = 'ada@example.test'
const DEADLINE_MS = 30_000
const LOOK_MS = 25

/** What `status` tells of a profile, as far as tests of watching look at it. */
export interface WatchedStatus {
  readonly state: string
  readonly watching: { readonly kind: string; readonly folders: number; readonly error: { code: string } | null } | null
}

/** Waits until something is as it should be. */
export async function lookUntil<Value>(
  look: () => Promise<Value> | Value,
  fits: (value: Value) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<Value> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await look()
    if (fits(value)) return value
    if (performance.now() > end) throw new Error(`in vain: ${JSON.stringify(value)}`)
    await sleep(LOOK_MS)
  }
}

/** The first profile in `status`. */
export async function statusOf(home: PosternHome): Promise<WatchedStatus> {
  const { profiles } = (await home.json(['status'])) as { profiles: WatchedStatus[] }
  if (!profiles[0]) throw new Error('no profile')
  return profiles[0]
}

/** A second client of the account: what it does, the daemon is to notice. */
export async function otherClient(port: number): Promise<ImapFlow> {
  const auth = { user: WATCHED_USER, pass: DOVECOT_PASSWORD }
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
  await client.connect()
  return client
}

/** Adds the profile `work`, whose intervals are so long that only watching can bring anything. */
export async function addWatchedProfile(home: PosternHome, port: Dovecot['imapPort']): Promise<void> {
  const imap = `imap://127.0.0.1:${port}`
  home.configure()
  await home.json(
    ['profile', 'add', 'work', '--email', WATCHED_USER, '--imap', imap, '--password-stdin'],
    DOVECOT_PASSWORD,
  )
  for (const key of ['prioritySyncMinutes', 'standardSyncMinutes', 'structureSyncMinutes']) {
    await home.json(['profile', 'set', 'work', key, '1440'])
  }
}
