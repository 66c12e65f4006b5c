import { profileSettings } from '../config/profile-settings.ts'
import { unknownSetting } from './profile-refusals.ts'

/** The name of a setting that a person may set. */
export type SettingKey = Exclude<keyof typeof profileSettings.shape, 'number'>

/** @throws {PosternError} PROFILE_INVALID where a profile has no such setting. */
export function assertSettingKey(key: string): asserts key is SettingKey {
  if (!Object.hasOwn(profileSettings.shape, key) || key === 'number') throw unknownSetting(key)
}

/** Reads what a user typed as the setting's type: a number, yes or no, text, or a list with commas. What it may be is not checked. */
export function settingValue(key: SettingKey, text: string): unknown {
  const schema = profileSettings.shape[key]
  const words = text.split(',').map(word => word.trim())
  const readings = [scalarOf(text), text, words].map(value => ({ value, checked: schema.safeParse(value) }))
  // Where none will do, the one of the right type tells best what is wrong.
  const isOfType = ({ checked }: (typeof readings)[number]) => checked.error?.issues[0]?.code !== 'invalid_type'
  return (readings.find(({ checked }) => checked.success) ?? readings.find(isOfType))?.value ?? text
}

function scalarOf(text: string): unknown {
  if (/^(true|yes|on)$/i.test(text)) return true
  if (/^(false|no|off)$/i.test(text)) return false
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
