import {
  type PasswordChangeUrl,
  parsePasswordChangeUrl,
  passwordChangePlace,
} from '../../config/password-change-url.ts'
import { usesPassword } from '../../config/profile-settings.ts'
import { PosternError } from '../../errors.ts'
import { hasCollections, hasMailServer } from '../../profile/binding.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import { passwordUnused } from '../../profile/profile-refusals.ts'
import type { Profile } from '../../profile/profiles.ts'
import { isRefusedSignIn, mailAccountOf } from '../../profile/sign-in-guard.ts'
import { Approvals } from '../../tls/approvals.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import type { Credentials } from '../../upstream/sign-in/credentials.ts'
import { listCollections } from '../collections-sign-in.ts'
import type { Installation } from '../installation.ts'
import { signInToMail } from '../mail-sign-in.ts'
import { changeByHttps } from './https-password.ts'
import { changeByLdap } from './ldap-password.ts'
import type { PasswordRequest, PasswordWay } from './password-request.ts'

/** The passwords of a change. */
export type PasswordChange = Pick<PasswordRequest, 'current' | 'next'>

/** How the server's part of a change ended: it says that it is done, or something broke off after it was asked. */
type Outcome =
  | { readonly kind: 'told'; readonly says: string }
  | { readonly kind: 'unknown'; readonly error: PosternError }

/**
 * Changes the password of an account on its server, proves the new one by a sign-in, and stores it. It lies among the
 * secrets before the server is asked: whatever breaks off, it is not lost.
 *
 * @returns where it was changed
 * @throws {PosternError} PROFILE_PASSWORD_…, NET_…, TLS_…, PROFILE_SECRETS_…
 */
export async function changePassword(
  installation: Installation,
  profile: Profile,
  change: PasswordChange,
  signal: AbortSignal,
): Promise<string> {
  const place = placeOf(profile)
  const secrets = await installation.secrets()
  const former = secrets.find(profile.number, 'pendingPassword') // of a change that nobody knows the end of
  await secrets.set(profile.number, { pendingPassword: change.next })
  const outcome = await ask(installation, profile, { place, change }, signal).catch(async error => {
    await secrets.set(profile.number, { pendingPassword: former }) // the server has not changed it
    throw error
  })
  try {
    await provePassword(installation, profile, change.next, signal)
  } catch (error) {
    if (isRefusedSignIn(error)) await installation.signIns.countRefusal(mailAccountOf(profile))
    throw unproven(profile, passwordChangePlace(place), { outcome, error })
  }
  return passwordChangePlace(place)
}

/**
 * Signs in with a password, and stores it when it is the right one: in place of the old, and of the pending one.
 *
 * @throws {PosternError} PROFILE_PASSWORD_UNUSED, UPSTREAM_…, NET_…, TLS_…
 */
export async function provePassword(
  installation: Installation,
  profile: Profile,
  password: string,
  signal: AbortSignal,
): Promise<void> {
  if (!usesPassword(profile.auth)) throw passwordUnused(profile)
  const credentials = { user: profile.user ?? profile.email, password, mechanism: profile.auth }
  await signIn(installation, profile, credentials, signal)
  const secrets = await installation.secrets()
  await secrets.set(profile.number, { password, pendingPassword: undefined })
  await installation.signIns.clear(profile.number, ['password', 'collections'])
}

/** Where mail is with another program, the server of calendars is the one that knows the password. */
async function signIn(
  installation: Installation,
  profile: Profile,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<void> {
  if (!hasMailServer(profile) && hasCollections(profile)) {
    await listCollections(installation, profile, credentials, signal)
    return
  }
  const mail = await signInToMail(installation, profile, credentials, signal)
  await mail[Symbol.asyncDispose]()
}

function placeOf(profile: Profile): PasswordChangeUrl {
  const { name, email, auth, passwordChangeUrl } = profile
  if (!usesPassword(auth)) throw passwordUnused(profile)
  if (passwordChangeUrl === undefined) throw noPlace(name, `Nobody has said where the password of ${name} is changed`)
  const place = parsePasswordChangeUrl(passwordChangeUrl, email)
  if (place) return place
  throw noPlace(name, `${JSON.stringify(email)} makes no URL of ${JSON.stringify(passwordChangeUrl)}`)
}

interface Asked {
  readonly place: PasswordChangeUrl
  readonly change: PasswordChange
}

/** Asks the server; what it throws says that the password is the one of before. */
async function ask(
  installation: Installation,
  profile: Profile,
  { place, change }: Asked,
  signal: AbortSignal,
): Promise<Outcome> {
  const { network, approvalsFile } = installation
  let isSent = false
  const way: PasswordWay = {
    verifier: verifyPeers(new Approvals(approvalsFile), { identity: await network.identityOf(profile) }),
    proxyTo: peer => network.proxyTo(profile, peer),
    signal,
    onSending: () => {
      isSent = true
    },
  }
  const request = { user: profile.user ?? profile.email, ...change }
  try {
    if (place.kind === 'https') return { kind: 'told', says: await changeByHttps(place, request, way) }
    await changeByLdap(place, request, way)
    return { kind: 'told', says: '' }
  } catch (error) {
    const isUnknown = isSent && error instanceof PosternError && error.code !== 'PROFILE_PASSWORD_REFUSED'
    if (!isUnknown) throw error
    return { kind: 'unknown', error }
  }
}

function noPlace(name: string, what: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_PASSWORD_NO_PLACE', `${what}.`, {
    remedy: 'user',
    advice:
      `Change it by the means of the server, then store it here: postern profile password ${name}. ` +
      'Or ask your administrator for passwordChangeUrl.',
  })
}

function unproven(
  { name }: Profile,
  place: string,
  { outcome, error }: { readonly outcome: Outcome; readonly error: unknown },
): PosternError {
  const why = error instanceof Error ? error.message : String(error)
  const told =
    outcome.kind === 'told'
      ? `${place} says that it has changed the password of ${name}${outcome.says === '' ? '' : ` (${outcome.says})`}`
      : `It is not known whether ${place} has changed the password of ${name} (${outcome.error.message})`
  return new PosternError<ProfileErrorCode>(
    'PROFILE_PASSWORD_UNPROVEN',
    `${told}, but signing in with the new one failed: ${why}`,
    {
      remedy: 'user',
      advice:
        'The new one is kept beside the old one, and tried when that is refused. ' +
        `If you know which one counts: postern profile password ${name}`,
      cause: error,
    },
  )
}
