import type { ProfileSettings } from '../config/profile-settings.ts'
import { parseUpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

/** Of a profile, the servers that it is bound to. */
export type Binding = Pick<ProfileSettings, 'imap' | 'smtp'>

/**
 * Tells whether a profile has no server to synchronize with: its mail is there for who reads and changes it, no server is
 * asked or told, and that is no failure.
 */
export function isUnbound({ imap }: Pick<Binding, 'imap'>): boolean {
  return imap === undefined
}

/** Tells whether a profile synchronizes mail. */
export function hasMailServer<P extends Pick<Binding, 'imap'>>(profile: P): profile is P & { readonly imap: string } {
  return profile.imap !== undefined
}

/** The URLs of all servers of a profile. */
export function serverUrlsOf({ imap, smtp }: Binding): readonly string[] {
  return [imap, smtp].filter(url => url !== undefined)
}

/** Names the mail account that a profile is bound to, by its user and server; null for none. */
export function mailboxOf({ imap, user, email }: Pick<ProfileSettings, 'imap' | 'user' | 'email'>): string | null {
  const server = imap === undefined ? undefined : parseUpstreamUrl(imap)
  return server ? `${user ?? email} at ${server.host.toLowerCase()}:${server.port}` : null
}

/** Says that a profile has no server to ask. */
export function profileUnbound({ name }: { readonly name: string }): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_UNBOUND', `${name} is bound to no account: it has no servers.`, {
    remedy: 'user',
    advice: `Its local data can be read and changed. To synchronize it: postern profile bind ${name} ADDRESS`,
  })
}

/** Says that a profile has an account already. */
export function profileBound({ name, email }: { readonly name: string; readonly email: string }): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_BOUND', `${name} is bound to an account already: ${email}.`, {
    remedy: 'user',
    advice: `To part it from that one first: postern profile unbind ${name}. What is stored here stays.`,
  })
}
