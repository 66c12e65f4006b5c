import { z } from 'zod'
import { AUTH_CHOICES, SETTING_GROUPS, usesPassword } from '../../config/profile-settings.ts'
import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import { isGroupwareOnly, isUnbound } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { SecretName, Secrets } from '../../profile/secrets.ts'
import { listCopies } from '../binding/kept-copies.ts'
import { tryConnection } from '../connection-trial.ts'
import type { Installation } from '../installation.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { assertSecure } from '../policy/policy-fetch.ts'
import { testProfile } from '../profile-test.ts'
import { noPassword } from '../runs/run-outcomes.ts'
import { applyPause } from './pause.ts'

const named = z.strictObject({ name: z.string() })

const ACCOUNT_KEYS: ReadonlySet<string> = new Set(SETTING_GROUPS.account)
const POLICY_KEYS: ReadonlySet<string> = new Set(['policyUrl', 'policyAllowHttp'])
const PAUSE_KEYS: ReadonlySet<string> = new Set(['paused', 'pausedUntil'])

/** `profile …`. */
export const PROFILE_METHODS = {
  'profile.add': valueMethod(
    z.strictObject({
      name: z.string(),
      email: z.string(),
      imap: z.string().optional(),
      smtp: z.string().optional(),
      dav: z.string().optional(),
      carddav: z.string().optional(),
      sieve: z.string().optional(),
      isGroupwareOnly: z.boolean().optional(),
      user: z.string().optional(),
      password: z.string().optional(),
      auth: z.enum(AUTH_CHOICES).optional(),
      rememberPassword: z.boolean().optional(),
      smtpAuth: z.enum(['own', 'none']).optional(),
      smtpUser: z.string().optional(),
      smtpPassword: z.string().optional(),
      /** Without an account. */
      isLocal: z.boolean().default(false),
    }),
    async (params, { installation, emit, signal }) => {
      const needsPassword = !params.isLocal && usesPassword(params.auth)
      if (params.password === undefined && needsPassword) throw noPassword({ name: params.name })

      const secrets = await installation.secrets()
      const profile = await installation.profiles.add(params, secrets)
      if (params.isLocal) await installation.stores.found(profile, { onProgress: emit, signal })
      return describe(profile, installation, secrets)
    },
  ),
  'profile.list': valueMethod(z.strictObject({}), async (_params, { installation }) =>
    installation.profiles.list().map(profile => ({
      name: profile.name,
      email: profile.email,
      bound: !isUnbound(profile),
      imap: profile.imap ?? null,
      smtp: profile.smtp ?? null,
      dav: profile.dav ?? null,
      mailIn: profile.mailIn,
    })),
  ),
  'profile.show': valueMethod(named, async ({ name }, { installation }) => {
    const profile = installation.profiles.get(name)
    const copies = await listCopies(profile)
    return { ...describe(profile, installation, await installation.secrets()), copies }
  }),
  'profile.set': valueMethod(
    z.strictObject({ name: z.string(), key: z.string(), value: z.string() }),
    async ({ name, key, value }, context) => {
      const { installation, daemon } = context
      const before = installation.profiles.get(name)
      if (key === 'policyUrl') assertSecure(value, before.policyAllowHttp)
      const profile = await installation.profiles.set(name, key, value)
      if (key === 'rememberPassword') await (await installation.secrets()).settle(profile.number)
      if (PAUSE_KEYS.has(key)) applyPause(profile, context)
      if (ACCOUNT_KEYS.has(key)) await daemon?.accountChanged(profile)
      else daemon?.watchers.reconsider(profile)
      if (POLICY_KEYS.has(key)) void daemon?.policies.check(profile) // `status` tells how it went
      return describe(profile, installation, await installation.secrets())
    },
  ),
  'profile.remove': valueMethod(named, async ({ name }, { installation, daemon }) => {
    const profile = installation.profiles.get(name)
    const secrets = await installation.secrets()
    await daemon?.forgetProfile(profile)
    await installation.syncs.retire(profile, async () => {
      await installation.closeStore(profile.number, profile.dir)
      await installation.profiles.remove(name, secrets)
      await installation.forgetStore(profile.dir) // `status` may just have looked into it
    })
    await installation.signIns.clear(profile.number)
    await daemon?.forgetProfile(profile) // a run that was broken off is told of, too
    return { removed: name }
  }),
  'profile.test': valueMethod(named, async ({ name }, { installation, signal }) =>
    testProfile(installation, installation.profiles.get(name), signal),
  ),
  'profile.try': valueMethod(
    z.strictObject({
      url: z.string(),
      carddav: z.string().optional(),
      user: z.string(),
      password: z.string().optional(),
      auth: z.enum(AUTH_CHOICES).exclude(['oauth2', 'external']).optional(),
    }),
    async (params, { installation, signal }) => tryConnection(installation, params, signal),
  ),
  'profile.outlook': valueMethod(named, async ({ name }, context) => outlookSettings(name, context)),
}

/** A profile's settings as they count, with those of its own and those that a policy fixes named. */
function describe(profile: Profile, { profiles }: Installation, secrets: Secrets) {
  const { dir: _dir, number, fixed, ...settings } = profile
  const user = profile.user ?? profile.email
  return {
    ...settings,
    number,
    user,
    bound: !isUnbound(profile),
    passwordStored: secrets.isStored(number, 'password'),
    passwordPending: has(secrets, number, 'pendingPassword'),
    signedIn: has(secrets, number, 'oauth'),
    own: profiles.ownSettings(profile.name),
    fixed,
  }
}

function has(secrets: Secrets, profile: number, name: SecretName): boolean {
  return secrets.find(profile, name) !== undefined
}

/** What to type into Outlook. The one place that tells the local password. */
async function outlookSettings(name: string, { installation, daemon }: MethodContext) {
  const profile = installation.profiles.get(name)
  const secrets = await installation.secrets()
  const { pop3, smtp, imap } = installation.config.config.fronts
  const port = (front: string, configured: number) =>
    daemon?.fronts.find(({ name }) => name === front)?.status.port || configured
  return {
    name: profile.name,
    email: profile.email,
    groupwareOnly: isGroupwareOnly(profile),
    pop3: { host: '127.0.0.1', port: port('pop3', pop3.port) },
    smtp: { host: '127.0.0.1', port: port('smtp', smtp.port) },
    imap: { host: '127.0.0.1', port: port('imap', imap.port) },
    user: profile.email,
    localPassword: secrets.find(profile.number, 'localPassword') ?? null,
    relays: profile.smtp !== undefined && parseUpstreamUrl(profile.smtp) !== undefined,
  }
}
