import { z } from 'zod'
import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import { probeCertificate } from '../../tls/probe.ts'
import { valueMethod } from '../method.ts'

const server = z.strictObject({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  startTls: z.enum(['imap', 'smtp', 'none']).optional(),
})

/** What concerns the certificates of real servers. */
export const CERTIFICATE_METHODS = {
  /** Fetches what a server shows, on the way on which its profile reaches it. */
  'cert.probe': valueMethod(server, async ({ host, port, startTls }, { installation, signal }) => {
    const { profiles, network } = installation
    const uses = (url: string | undefined) => url !== undefined && parseUpstreamUrl(url)?.host === host.toLowerCase()
    const profile = profiles.list().find(({ imap, smtp }) => uses(imap) || uses(smtp))
    const proxy = await network.proxyTo(profile, { host, port })
    const shown = await probeCertificate({ host, port }, { signal, proxy, ...(startTls ? { startTls } : {}) })
    const chain = shown.chain.map(certificate => certificate.raw.toString('base64'))
    return { chain, problems: shown.problems.map(({ kind, says }) => ({ kind, says })) }
  }),
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
