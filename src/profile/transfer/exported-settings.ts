/** A setting that is not exported, and why. */
export interface LeftOutSetting {
  readonly profile: string
  readonly key: string
  readonly why: string
}

/** What goes along when a profile is exported. */
export interface ExportedSettings {
  readonly settings: Readonly<Record<string, unknown>>
  readonly leftOut: readonly LeftOutSetting[]
}

const OF_THIS_HOME = new Set(['number', 'paused', 'pausedUntil'])

/** Takes what another home can use of a profile's own settings. */
export function exportedSettings(profile: string, own: Readonly<Record<string, unknown>>): ExportedSettings {
  const leftOut = hasSecret(own.policyUrl) ? [{ profile, key: 'policyUrl', why: 'there is a password in it' }] : []
  const skipped = new Set([...OF_THIS_HOME, ...leftOut.map(({ key }) => key)])
  return { settings: Object.fromEntries(Object.entries(own).filter(([key]) => !skipped.has(key))), leftOut }
}

function hasSecret(url: unknown): boolean {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed !== null && (parsed.username !== '' || parsed.password !== '')
}
