import { z } from 'zod'
import { serverOf, serverUrlsOf } from '../../profile/binding.ts'
import { assertIdentity } from '../../tls/client-identity.ts'
import { probeCertificate } from '../../tls/probe.ts'
import { valueMethod } from '../method.ts'

const server = z.strictObject({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  startTls: z.enum(['imap', 'smtp', 'sieve', 'none']).optional(),
})

const named = z.strictObject({ name: z.string() })
const identity = z.strictObject({ certificates: z.string(), key: z.string() })

/** What concerns the certificates of real servers. */
export const CERTIFICATE_METHODS = {
  /** Fetches what a server shows, on the way on which its profile reaches it. */
  'cert.probe': valueMethod(server, async ({ host, port, startTls }, { installation, signal }) => {
    const { profiles, network } = installation
    const uses = (url: string) => serverOf(url)?.host === host.toLowerCase()
    const profile = profiles.list().find(each => serverUrlsOf(each).some(uses))
    const proxy = await network.proxyTo(profile, { host, port })
    const shown = await probeCertificate({ host, port }, { signal, proxy, ...(startTls ? { startTls } : {}) })
    const chain = shown.chain.map(certificate => certificate.raw.toString('base64'))
    return { chain, problems: shown.problems.map(({ kind, says }) => ({ kind, says })) }
  }),
  /** Keeps the certificate that a profile shows to its servers. */
  'cert.client.import': valueMethod(
    identity.extend(named.shape),
    async ({ name, ...kept }, { installation, daemon }) => {
      const profile = installation.profiles.get(name)
      const certificate = assertIdentity(kept)
      await (await installation.secrets()).set(profile.number, { clientCertificate: JSON.stringify(kept) })
      await installation.signIns.clear(profile.number) // what was refused without it may be taken with it
      installation.syncs.reconnect() // sessions that are kept have shown another one, or none
      await daemon?.accountChanged(profile)
      return { name, certificate: certificate.raw.toString('base64') }
    },
  ),
  'cert.client.show': valueMethod(named, async ({ name }, { installation }) => {
    const kept = await installation.network.identityOf(installation.profiles.get(name))
    return { name, certificate: kept ? assertIdentity(kept).raw.toString('base64') : null }
  }),
  'cert.client.remove': valueMethod(named, async ({ name }, { installation, daemon }) => {
    const profile = installation.profiles.get(name)
    const secrets = await installation.secrets()
    const isThere = secrets.find(profile.number, 'clientCertificate') !== undefined
    await secrets.set(profile.number, { clientCertificate: undefined })
    if (isThere) {
      installation.syncs.reconnect()
      await daemon?.accountChanged(profile)
    }
    return { name, removed: isThere }
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
