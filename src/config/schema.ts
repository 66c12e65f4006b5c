import { z } from 'zod'
import { profileName, profileSettings } from './profile-settings.ts'

const port = z.int().min(0).max(65_535)
const greeting = z.enum(['detect', 'immediate'])

// A block that was copied by hand: two accounts of one number would be mixed in one store, with one password.
const profiles = z.record(profileName, profileSettings).superRefine((all, { addIssue }) => {
  const owners = new Map<number | string, string>()
  for (const [name, { number }] of Object.entries(all)) {
    const [ofNumber, ofName] = [owners.get(number), owners.get(name.toLowerCase())]
    const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path: [name, ...path], message })
    if (ofNumber !== undefined) refuse(['number'], `is that of profile ${ofNumber} already; give each profile its own`)
    // Their folders are one on many systems.
    if (ofName !== undefined) refuse([], `differs from profile ${ofName} in capital letters only`)
    owners.set(number, name).set(name.toLowerCase(), name)
  }
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
      imap: z
        .strictObject({
          enabled: z.boolean().default(true),
          port: port.default(5143),
          greeting: greeting.default('detect'),
          maxConnections: z.int().min(1).max(65_535).default(1024),
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
  discover: z
    .strictObject({
      /** Who is asked for the names of servers: `system`, `IP:PORT`, or the https URL of a DoH server (RFC 8484). */
      dns: z
        .string()
        .regex(/^(system|(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\])(:\d{1,5})?|https:\/\/\S+)$/, {
          error: 'must be system, IP, IP:PORT or https://HOST/PATH',
        })
        .default('system'),
      /** Whether Mozilla’s database of providers may be told the domain of an address. */
      ispdb: z.boolean().default(false),
    })
    .prefault({}),
  secrets: z.strictObject({ store: z.enum(['auto', 'keychain', 'file']).default('auto') }).prefault({}),
  profiles: profiles.prefault({}),
  /** Where the next profile's number comes from. */
  nextProfileNumber: z.int().min(1).default(1),
})

/** config.yaml with every default filled in. */
export type Config = Readonly<z.infer<typeof configSchema>>
