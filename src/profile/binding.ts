import { parseDavUrl } from '../config/dav-url.ts'
import type { ProfileSettings } from '../config/profile-settings.ts'
import { parseUpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

/** Of a profile, the servers that it is bound to, and which of them are used. */
export type Binding = Pick<ProfileSettings, 'imap' | 'smtp'> &
  Partial<Pick<ProfileSettings, 'dav' | 'carddav' | 'sieve' | 'mailIn'>>

/**
 * Tells whether a profile has no server to synchronize with: its mail is there for who reads and changes it, no server is
 * asked or told, and that is no failure.
 */
export function isUnbound(profile: Omit<Binding, 'smtp'>): boolean {
  return !hasMailServer(profile) && profile.dav === undefined
}

/** Tells whether a profile synchronizes mail. */
export function hasMailServer<P extends Omit<Binding, 'smtp'>>(profile: P): profile is P & { readonly imap: string } {
  return profile.imap !== undefined && profile.mailIn !== 'outlook'
}

/** Tells whether a profile synchronizes calendars and address books. */
export function hasCollections<P extends Pick<Binding, 'dav'>>(profile: P): profile is P & { readonly dav: string } {
  return profile.dav !== undefined
}

/** Tells whether a profile synchronizes calendars and address books alone: mail is an account of Outlook's own. */
export function isGroupwareOnly(profile: Omit<Binding, 'smtp'>): boolean {
  return hasCollections(profile) && !hasMailServer(profile)
}

/** The URLs of all servers of a profile. */
export function serverUrlsOf({ imap, smtp, dav, carddav, sieve }: Binding): readonly string[] {
  return [imap, smtp, dav, carddav, sieve].filter(url => url !== undefined)
}

/** Where a server is, whatever it is for. */
export function serverOf(url: string): { readonly host: string; readonly port: number } | undefined {
  return parseUpstreamUrl(url) ?? parseDavUrl(url)
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

/** Says that Postern has no business with a profile's mail. */
export function mailElsewhere({ name }: { readonly name: string }): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_MAIL_ELSEWHERE',
    `The mail of ${name} is with an account of Outlook’s own: Postern synchronizes its calendars and contacts alone.`,
    {
      remedy: 'user',
      advice: `Read mail there. To let Postern synchronize it: postern profile set ${name} mailIn postern`,
    },
  )
}

/** Says that a profile has an account already. */
export function profileBound({ name, email }: { readonly name: string; readonly email: string }): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_BOUND', `${name} is bound to an account already: ${email}.`, {
    remedy: 'user',
    advice: `To part it from that one first: postern profile unbind ${name}. What is stored here stays.`,
  })
}
