import { listSettings, type SettingInfo, settingText } from '../config/setting-list.ts'
import { printable, table } from './terminal.ts'

/** A profile as `profile show` gives it. */
export interface ShownProfile extends Readonly<Record<string, unknown>> {
  readonly name: string
  /** Whether it has servers to synchronize with. */
  readonly bound: boolean
  readonly passwordStored: boolean
  /** Whether a change on the server was begun and not proved. */
  readonly passwordPending: boolean
  /** Whether a sign-in with OAuth2 is kept. */
  readonly signedIn: boolean
  /** The settings that stand in config.yaml. */
  readonly own: readonly string[]
  /** The settings that a policy fixes. */
  readonly fixed: readonly string[]
  /** Of its local mail, made when that was deleted; `until` is ISO 8601. */
  readonly copies?: readonly { readonly dir: string; readonly until: string }[]
}

/** Writes a profile's settings in their groups, each with where its value comes from. */
export function describeProfile(profile: ShownProfile): string {
  const rows = listSettings()
    .filter(({ key }) => profile[key] !== undefined)
    .map(setting => [setting.key, printable(settingText(profile[setting.key])), origin(setting, profile)])
  const lines = table(['SETTING', 'VALUE', 'FROM'], rows).split('\n')
  const groups = new Map(listSettings().map(({ key, group }) => [key, group]))
  const copies = (profile.copies ?? []).map(
    ({ dir, until }) => `its mail of before is in ${dir} until ${until.slice(0, 10)}`,
  )
  const text: string[] = [`${profile.name}, ${signInOf(profile)}`, ...copies.map(printable)]
  let last: string | undefined
  for (const [index, line] of lines.entries()) {
    const group = groups.get(rows[index - 1]?.[0] ?? '')
    if (group !== undefined && group !== last) text.push('', group)
    text.push(line)
    last = group
  }
  return text.join('\n')
}

function signInOf({ bound, auth, passwordStored, passwordPending, rememberPassword, signedIn }: ShownProfile): string {
  if (!bound) return 'bound to no account'
  if (auth === 'oauth2') return signedIn ? 'signed in with OAuth2' : 'not signed in yet'
  if (auth === 'external') return 'signs in with its client certificate'
  if (rememberPassword === false) return 'password not remembered'
  if (passwordPending) return 'password stored, and one of a change that was not proved'
  return passwordStored ? 'password stored' : 'no password stored'
}

/** Explains every setting, for `profile set --help`. */
export function settingsHelp(): string {
  const groups = Map.groupBy(listSettings(), ({ group }) => group)
  return [...groups]
    .map(([group, settings]) => [`Settings: ${group}`, ...settings.flatMap(explain)].join('\n'))
    .join('\n\n')
}

function origin({ key }: SettingInfo, { own, fixed }: ShownProfile): string {
  if (fixed.includes(key)) return 'fixed by policy'
  return own.includes(key) ? 'own' : 'default'
}

function explain({ key, values, default: value, describe }: SettingInfo): string[] {
  const given = value === undefined ? '' : `; default ${settingText(value)}`
  return [`  ${key}  (${values}${given})`, `    ${describe}`]
}
