import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import { hostPort } from '../../net/host-port.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import { serverOf, serverUrlsOf } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import { INSTALLATION } from '../../profile/secrets.ts'
import { toWireError } from '../control/wire-error.ts'
import type { Installation } from '../installation.ts'
import { valueMethod } from '../method.ts'
import { boundPassword } from '../network/proxy-password.ts'

/** `proxy …`. */
export const PROXY_METHODS = {
  'proxy.show': valueMethod(z.strictObject({}), async (_params, { installation }) => {
    installation.network.forget() // who asks wants to know what is so now
    const servers = []
    for (const profile of installation.profiles.list()) {
      for (const url of serverUrlsOf(profile)) servers.push(await describeWay(installation, profile, url))
    }
    return { setting: installation.config.config.network.proxy, servers }
  }),
  'proxy.password': valueMethod(
    z.strictObject({ profile: z.string().optional(), password: z.string() }),
    async ({ profile, password }, { installation, daemon }) => {
      const found = profile === undefined ? undefined : installation.profiles.get(profile)
      const owner = found?.number ?? INSTALLATION
      const bound = () => boundPassword(installation.network.proxyWithUser(found), password)
      await (await installation.secrets()).set(owner, { proxyPassword: password === '' ? undefined : bound() })
      if (found) await daemon?.accountChanged(found)
      else await daemon?.networkChanged()
      return { profile: found?.name ?? null, stored: password !== '' }
    },
  ),
}

async function describeWay({ network }: Installation, profile: Profile, url: string) {
  const server = serverOf(url)
  if (!server) throw new Error('a profile with an invalid URL')
  const about = { profile: profile.name, server: hostPort(server) }
  try {
    const { proxy, because } = await network.wayTo(profile, server)
    return { ...about, ...describeProxy(proxy), because, error: null }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const { code, message, advice } = toWireError(error)
    return { ...about, ...describeProxy(undefined), because: message, error: { code, message, advice } }
  }
}

function describeProxy(proxy: NetworkProxy | undefined) {
  if (!proxy) return { proxy: null, user: null, passwordStored: false }
  const { kind, user, password } = proxy
  return { proxy: `${kind}://${hostPort(proxy)}`, user: user ?? null, passwordStored: password !== undefined }
}
