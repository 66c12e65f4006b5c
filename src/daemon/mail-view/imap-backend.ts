import type { ImapAccount, ImapBackend } from '../../imap/backend.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Authenticator } from '../../sasl/sign-in.ts'
import type { Installation } from '../installation.ts'
import { MailAccount } from './mail-account.ts'
import { MailNews } from './mail-news.ts'

/** What the daemon adds to an installation. */
export interface ImapBackendOptions {
  readonly installation: Installation
  readonly authenticator: Authenticator
  /** Has a change told to the server soon. */
  readonly onChanged: (profile: Profile, what: 'mail' | 'folders') => void
}

/** Joins the IMAP front with the stores of all profiles. */
export function createImapBackend({ installation, authenticator, onChanged }: ImapBackendOptions): ImapBackend {
  const { engine, readers, log, profiles, syncs, home } = installation
  const news = new MailNews(readers, log.child({ component: 'imap' }))
  engine.observe(news)
  const account = (name: string): ImapAccount => {
    const profile = profiles.get(name)
    return new MailAccount({
      ...{ profile, readers, news, spoolDir: home.spoolDir, clock: Date.now },
      change: async change => {
        const result = await syncs.change(profile, change)
        if (change.kind !== 'mailboxSubscribe') onChanged(profile, 'path' in change ? 'folders' : 'mail')
        return result
      },
      fetch: (items, timeoutMs) =>
        syncs.fetch(profile, items, { timeoutMs, onProgress: () => undefined, signal: new AbortController().signal }),
    })
  }
  return { signIn: attempt => authenticator.signIn(attempt), account }
}
