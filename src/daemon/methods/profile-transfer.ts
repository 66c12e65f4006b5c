import { z } from 'zod'
import { missingPasswords } from '../../profile/missing-passwords.ts'
import { exportedSettings } from '../../profile/transfer/exported-settings.ts'
import { type ImportedProfile, MAX_PROFILES } from '../../profile/transfer/imported-profile.ts'
import { makeProfileDocument } from '../../profile/transfer/profile-document.ts'
import { valueMethod } from '../method.ts'
import { assertSecure } from '../policy/policy-fetch.ts'

const lookedAtHere = z.looseObject({ policyUrl: z.string().optional(), policyAllowHttp: z.boolean().optional() })
const imported = z.strictObject({
  name: z.string(),
  // The rest is looked at where the profile is added, which says what is wrong; taken as it was given: its defaults are not
  // written into config.yaml.
  settings: z.custom<ImportedProfile['settings']>(given => lookedAtHere.safeParse(given).success),
  password: z.string().min(1).optional(),
})

/** `profile export` and `profile import`. */
export const PROFILE_TRANSFER_METHODS = {
  'profile.export': valueMethod(
    z.strictObject({ name: z.string().optional() }),
    async ({ name }, { installation: { profiles } }) => {
      const names = name === undefined ? profiles.list().map(({ name }) => name) : [profiles.get(name).name]
      const exported = names.map(name => ({ name, ...exportedSettings(name, profiles.ownValues(name)) }))
      const settings = Object.fromEntries(exported.map(({ name, settings }) => [name, settings]))
      return { document: makeProfileDocument(settings), leftOut: exported.flatMap(({ leftOut }) => leftOut) }
    },
  ),
  'profile.import': valueMethod(
    z.strictObject({ profiles: z.array(imported).min(1).max(MAX_PROFILES) }),
    async ({ profiles }, { installation, daemon }) => {
      for (const { settings } of profiles) {
        if (settings.policyUrl !== undefined) assertSecure(settings.policyUrl, settings.policyAllowHttp ?? false)
      }
      const secrets = await installation.secrets()
      const added = await installation.profiles.import(profiles, secrets)
      for (const profile of added) if (profile.policyUrl !== undefined) void daemon?.policies.check(profile)
      return added.map(profile => ({
        name: profile.name,
        email: profile.email,
        missing: missingPasswords(profile, secrets),
      }))
    },
  ),
}
