import { z } from 'zod'
import { valueMethod } from '../method.ts'

/** What concerns the certificates of real servers. */
export const CERTIFICATE_METHODS = {
  /** A key was approved, or an approval was taken out: connections are made anew, and who waits for that is tried at once. */
  'cert.changed': valueMethod(z.strictObject({}), async (_params, { installation, daemon }) => {
    installation.syncs.reconnect()
    const waiting = installation.profiles.list().filter(profile => {
      return daemon?.scheduler.failureOf(profile)?.code.startsWith('TLS_') ?? false
    })
    for (const { name } of waiting) daemon?.scheduler.runNow(name)
    return { hastened: waiting.map(({ name }) => name) }
  }),
}
