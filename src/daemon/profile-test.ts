import { parseDavUrl } from '../config/dav-url.ts'
import { parseUpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import { hasCollections, hasMailServer, isUnbound, profileUnbound } from '../profile/binding.ts'
import type { Profile } from '../profile/profiles.ts'
import { collectionsAccountOf, mailAccountOf } from '../profile/sign-in-guard.ts'
import type { ListedScript } from '../upstream/sieve/session.ts'
import { collectionsText, listCollections } from './collections-sign-in.ts'
import { toWireError } from './control/wire-error.ts'
import type { Installation } from './installation.ts'
import { signInToMail } from './mail-sign-in.ts'
import { mailCredentialsOf } from './oauth/credentials.ts'
import { Submission } from './sending/submission.ts'
import { openSieve } from './sieve/open-sieve.ts'

/** How one connection of *Test settings* went. */
export interface ConnectionTest {
  readonly connection: 'imap' | 'dav' | 'smtp' | 'sieve'
  readonly server: string
  readonly ok: boolean
  readonly says: string
  readonly error: { readonly code: string; readonly message: string; readonly advice: string } | null
}

/**
 * Signs in to every server of a profile and tells how it went.
 *
 * @throws {PosternError} PROFILE_UNBOUND
 */
export async function testProfile(installation: Installation, profile: Profile, signal: AbortSignal) {
  if (isUnbound(profile)) throw profileUnbound(profile)
  const tests: ConnectionTest[] = []
  if (hasMailServer(profile)) tests.push(await testImap(installation, profile, signal))
  if (hasCollections(profile)) tests.push(await testDav(installation, profile, signal))
  if (profile.smtp !== undefined) tests.push(await testSmtp(installation, profile, profile.smtp, signal))
  const { sieve } = profile
  if (sieve !== undefined) tests.push(await testSieve(installation, { ...profile, sieve }, signal))
  return { name: profile.name, ok: tests.every(({ ok }) => ok), tests }
}

async function testImap(
  installation: Installation,
  profile: Profile & { readonly imap: string },
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const imap = parseUpstreamUrl(profile.imap)
  if (!imap) throw new Error('a profile with an invalid IMAP URL')
  const server = `${imap.host}:${imap.port}`
  return attempt('imap', server, async () => {
    const known = await mailCredentialsOf(profile, {
      secrets: () => installation.secrets(),
      tokens: installation.tokens,
    })
    const signIn = await installation.signIns.begin(mailAccountOf(profile))
    await using mail = await signInToMail(installation, profile, known, signal).catch(async error => {
      await signIn.failed(error)
      throw error
    })
    signIn.accepted()
    const folders = await mail.listFolders()
    return `signed in, ${folders.length} folders`
  })
}

async function testDav(
  installation: Installation,
  profile: Profile & { readonly dav: string },
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const server = parseDavUrl(profile.dav)
  if (!server) throw new Error('a profile with an invalid DAV URL')
  return attempt('dav', `${server.host}:${server.port}`, async () => {
    const { tokens, signIns } = installation
    const known = await mailCredentialsOf(profile, { secrets: () => installation.secrets(), tokens })
    const signIn = await signIns.begin(hasMailServer(profile) ? collectionsAccountOf(profile) : mailAccountOf(profile))
    const listing = await listCollections(installation, profile, known, signal).catch(async error => {
      await signIn.failed(error)
      throw error
    })
    signIn.accepted()
    return collectionsText(listing)
  })
}

async function testSmtp(
  installation: Installation,
  profile: Profile,
  url: string,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const smtp = parseUpstreamUrl(url)
  if (!smtp) throw new Error('a profile with an invalid SMTP URL')
  using submission = new Submission(installation, { signIn: async () => ({ kind: 'refused' }) }, () => undefined)
  return attempt('smtp', `${smtp.host}:${smtp.port}`, async () => {
    const connection = await submission.connect(profile, signal)
    const says = `signed in${connection.extensions.has('SIZE') ? `, messages up to ${connection.extensions.get('SIZE')} octets` : ''}`
    connection.quit()
    return says
  })
}

async function testSieve(
  installation: Installation,
  profile: Profile & { readonly sieve: string },
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const sieve = parseUpstreamUrl(profile.sieve)
  if (!sieve) throw new Error('a profile with an invalid ManageSieve URL')
  return attempt('sieve', `${sieve.host}:${sieve.port}`, async () => {
    using session = await openSieve(installation, profile, signal)
    return scriptsText(await session.listScripts())
  })
}

/** Says how many scripts there are, and which of them filters. */
export function scriptsText(scripts: readonly ListedScript[]): string {
  const active = scripts.find(({ isActive }) => isActive)
  const counted = `signed in, ${scripts.length} scripts`
  return active ? `${counted}, ${JSON.stringify(active.name)} is active` : counted
}

/** Makes a failure that can be told of a connection the outcome of its test. */
export async function attempt(
  connection: ConnectionTest['connection'],
  server: string,
  work: () => Promise<string>,
): Promise<ConnectionTest> {
  try {
    return { connection, server, ok: true, says: await work(), error: null }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const { code, message, advice } = toWireError(error)
    return { connection, server, ok: false, says: message, error: { code, message, advice } }
  }
}
