import { parseDocument } from 'yaml'
import { z } from 'zod'
import { type ProfileSettings, profileSettings, SETTING_GROUPS } from '../config/profile-settings.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

/** The largest policy, in octets. */
export const MAX_POLICY_OCTETS = 65_536

// Where a policy comes from is no matter of a policy. And a paused profile reads none: nobody could lift it again.
const NOT_FIXABLE = new Set(['policyUrl', 'policyAllowHttp', 'paused', 'pausedUntil'])

/** The settings that a policy may fix: how mail is compared, downloaded, scheduled and told of; never the account. */
export const FIXABLE_SETTINGS: readonly string[] = Object.entries(SETTING_GROUPS)
  .filter(([group]) => group !== 'account')
  .flatMap(([, keys]) => keys)
  .filter(key => !NOT_FIXABLE.has(key))

/** Settings with the values that a policy fixes. */
export type FixedSettings = Readonly<Partial<ProfileSettings>>

const settings = z.strictObject(
  Object.fromEntries(
    Object.entries(profileSettings.shape)
      .filter(([key]) => FIXABLE_SETTINGS.includes(key))
      .map(([key, schema]) => [key, withoutDefault(schema).optional()]),
  ),
)
const policySchema = z.strictObject({ version: z.literal(1), settings })

/**
 * Reads a policy: `{version: 1, settings: {…}}` as JSON or YAML. Everything in it must be known and valid.
 *
 * @throws {PosternError} PROFILE_POLICY_INVALID
 */
export function parsePolicy(text: string): FixedSettings {
  if (Buffer.byteLength(text) > MAX_POLICY_OCTETS) throw invalid(`it is larger than ${MAX_POLICY_OCTETS} octets`)
  const checked = policySchema.safeParse(documentOf(text))
  if (checked.success) return checked.data.settings as FixedSettings // each key by its own schema, see above
  const [issue] = checked.error.issues
  throw invalid(`${issue?.path.map(String).join('.') || 'the document'}: ${issue?.message}`)
}

/** Checks settings of a policy that was kept: what this version does not know any more is left out. */
export function knownSettings(kept: object): FixedSettings {
  const known = Object.entries(kept).filter(([key, value]) => settings.safeParse({ [key]: value }).success)
  return Object.fromEntries(known)
}

/** Lays the values of policies over a profile's own, the first policy on top. */
export function withPolicies<Settings extends ProfileSettings>(
  own: Settings,
  policies: readonly FixedSettings[],
): Settings & { readonly fixed: readonly string[] } {
  const fixed: FixedSettings = Object.assign({}, ...policies.toReversed())
  return { ...own, ...fixed, fixed: Object.keys(fixed).sort() }
}

function withoutDefault(schema: z.core.$ZodType): z.ZodType {
  // Every schema of zod's classic API is a ZodType; its core types do not say so.
  return schema instanceof z.ZodDefault ? withoutDefault(schema.unwrap()) : (schema as z.ZodType)
}

function documentOf(text: string): unknown {
  try {
    const document = parseDocument(text)
    const [error] = document.errors
    if (error) throw error
    return document.toJS() // refuses more than 100 aliases
  } catch (cause) {
    throw invalid(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause))
  }
}

function invalid(what: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_POLICY_INVALID', `The policy is not valid: ${what}.`, {
    remedy: 'user',
    advice: 'Tell whoever wrote it. The last valid policy stays in force.',
  })
}
