import { z } from 'zod'
import { parseUpstreamUrl } from './upstream-url.ts'

const port = z.int().min(0).max(65_535)
const greeting = z.enum(['detect', 'immediate'])

const upstream = (protocol: 'imap' | 'smtp') =>
  z.string().refine(text => parseUpstreamUrl(text)?.protocol === protocol, {
    error: `must look like ${protocol}s://HOST, ${protocol}+starttls://HOST or ${protocol}://HOST, with :PORT if needed`,
  })

/** What a profile may be called: it names a folder. */
export const profileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error: 'must be 1 to 63 letters, digits, dots, dashes or underscores, and begin with a letter or digit',
})

/** The settings of one profile. */
export const profileSettings = z.strictObject({
  /** Never used for another profile, so that item ids stay unique in an installation. */
  number: z.int().min(1),
  email: z.string().regex(/^[^\s@<>"]+@[^\s@<>"]+$/, { error: 'must be an e-mail address' }),
  /** The account's user name; the e-mail address without it. */
  user: z.string().min(1).optional(),
  imap: upstream('imap'),
  smtp: upstream('smtp').optional(),
  /** `same`: Use same as incoming. `own`: smtpUser with a password of its own. */
  smtpAuth: z.enum(['same', 'own', 'none']).default('same'),
  smtpUser: z.string().min(1).optional(),
  /** `cut-through` answers with the upstream's own words; `spool` accepts and delivers later. */
  relay: z.enum(['cut-through', 'spool']).default('cut-through'),
  /** Minutes between two synchronizations without a poll. */
  syncIntervalMinutes: z.int().min(1).max(1440).default(5),
})

/** The whole of config.yaml. */
export const configSchema = z.strictObject({
  fronts: z
    .strictObject({
      pop3: z
        .strictObject({
          enabled: z.boolean().default(true),
          port: port.default(5110),
          greeting: greeting.default('detect'),
          /** `any` lets everybody in, since there is nothing to read; `profile` wants a profile's password. */
          accept: z.enum(['any', 'profile']).default('profile'),
          maxConnections: z.int().min(1).max(65_535).default(8192),
        })
        .prefault({}),
      smtp: z
        .strictObject({
          enabled: z.boolean().default(true),
          port: port.default(5587),
          greeting: greeting.default('detect'),
          maxConnections: z.int().min(1).max(65_535).default(256),
        })
        .prefault({}),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['errors', 'debug']).default('errors'),
      /** Another folder for the log files. */
      dir: z.string().min(1).optional(),
    })
    .prefault({}),
  secrets: z.strictObject({ store: z.enum(['auto', 'keychain', 'file']).default('auto') }).prefault({}),
  profiles: z.record(profileName, profileSettings).prefault({}),
  /** Where the next profile's number comes from. */
  nextProfileNumber: z.int().min(1).default(1),
})

/** config.yaml with every default filled in. */
export type Config = Readonly<z.infer<typeof configSchema>>
/** A profile's settings with every default filled in. */
export type ProfileSettings = Readonly<z.infer<typeof profileSettings>>
