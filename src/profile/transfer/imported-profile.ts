import { z } from 'zod'
import { profileName, profileSettings } from '../../config/profile-settings.ts'

/** The settings of a profile that another home can take: all but its number, which counts in one home only. */
export const importedSettings = profileSettings.omit({ number: true })

/** Settings of a profile as they are given: what is not there has its default. */
export type ImportedSettings = Readonly<z.input<typeof importedSettings>>

/** The most profiles that one file may bring. */
export const MAX_PROFILES = 1000

/** Profiles by their names. */
export const importedProfiles = z
  .record(profileName, importedSettings)
  .refine(profiles => Object.keys(profiles).length <= MAX_PROFILES, {
    error: `may have ${MAX_PROFILES} profiles at most`,
  })

/** A profile that is to be added, with settings of its own and perhaps without a password. */
export interface ImportedProfile {
  readonly name: string
  readonly settings: ImportedSettings
  readonly password?: string | undefined
  readonly smtpPassword?: string | undefined
}
