import { z } from 'zod'
import { profileName, profileSettings } from './profile-settings.ts'

const port = z.int().min(0).max(65_535)
const greeting = z.enum(['detect', 'immediate'])

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
