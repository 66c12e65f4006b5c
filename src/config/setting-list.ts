import { z } from 'zod'
import { profileSettings, SETTING_GROUPS } from './profile-settings.ts'

/** A setting of a profile, as it is told to people. */
export interface SettingInfo {
  readonly key: string
  readonly group: keyof typeof SETTING_GROUPS
  /** What it may be, in words. */
  readonly values: string
  /** Undefined for a setting that is there only when somebody sets it. */
  readonly default: unknown
  readonly describe: string
}

/** Lists the settings of a profile in the order in which they are shown. */
export function listSettings(): readonly SettingInfo[] {
  return Object.entries(SETTING_GROUPS).flatMap(([group, keys]) =>
    keys.map(key => {
      const schema = schemaOf(key)
      const bare = bareOf(schema)
      return {
        key,
        group: group as SettingInfo['group'], // a key of SETTING_GROUPS, which Object.entries forgets
        values: valuesOf(bare),
        default: schema instanceof z.ZodDefault ? schema.parse(undefined) : undefined,
        describe: schema.description ?? '',
      }
    }),
  )
}

/** Writes a value as a user would type it. */
export function settingText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.isArray(value) ? value.join(',') : String(value)
}

function schemaOf(key: string): z.ZodType {
  const schema: z.ZodType | undefined = profileSettings.shape[key as keyof typeof profileSettings.shape]
  if (!schema) throw new Error(`there is no setting ${key}`)
  return schema
}

function bareOf(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? bareOf(schema.unwrap()) : schema
}

function valuesOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.join(', ')
  if (schema instanceof z.ZodBoolean) return 'yes, no'
  if (schema instanceof z.ZodArray) return 'names with commas'
  if (schema instanceof z.ZodNumber) return `${schema.minValue} to ${schema.maxValue}`
  if (schema instanceof z.ZodISODateTime) return 'a time, such as 2026-03-01T08:00:00Z'
  return schema instanceof z.ZodURL ? 'a URL' : 'text'
}
