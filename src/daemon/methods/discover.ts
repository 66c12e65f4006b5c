import { z } from 'zod'
import { describeSettings } from '../discovery/settings-document.ts'
import { searchSettings } from '../discovery/settings-search.ts'
import { valueMethod } from '../method.ts'

const MAX_NAMES = 100

/** `discover`. */
export const DISCOVER_METHODS = {
  discover: valueMethod(
    z.strictObject({
      email: z.string(),
      /** Without one, what is found is told and not verified. */
      password: z.string().min(1).optional(),
      /** Hosts outside the mail domain that the user has said yes to. */
      accept: z.union([z.literal('all'), z.array(z.string()).max(MAX_NAMES)]).default([]),
      /** `refused` of the document of an earlier search for the same address, so that nothing is tried twice. */
      refused: z
        .array(z.strictObject({ server: z.string(), user: z.string() }))
        .max(MAX_NAMES)
        .default([]),
      /** Whether servers of calendars and contacts are searched for alone. */
      isGroupwareOnly: z.boolean().default(false),
    }),
    async ({ email, password, ...rest }, { installation, signal }) =>
      describeSettings(await searchSettings(installation, { email, password, ...rest }, signal)),
  ),
}
