import t from 'tap'
import { Network, type NetworkOptions } from '../../../src/daemon/network/network.ts'
import { NO_SYSTEM_PROXY, type SystemProxy } from '../../../src/daemon/network/system-proxy.ts'
import type { Secrets } from '../../../src/profile/secrets.ts'

const TARGET = { host: 'imap.example.test', port: 993 }
const WORK = { name: 'work', number: 7 }

interface World {
  proxy?: string
  variable?: string
  bypass?: string
  system?: SystemProxy
}

function networkOf({ proxy = 'auto', variable, bypass = '', system = NO_SYSTEM_PROXY }: World): Network {
  const secrets: Record<string, string> = { '0/proxyPassword': 'ours', '7/proxyPassword': 'of work' }
  const options: NetworkOptions = {
    settings: () => ({ proxy }),
    secrets: async () => ({ find: (owner: number, name: string) => secrets[`${owner}/${name}`] }) as unknown as Secrets,
    environment: () => ({ proxy: variable ? { url: variable, variable: 'HTTPS_PROXY' } : undefined, bypass }),
    system: async () => system,
  }
  return new Network(options)
}

t.test('the setting, the profile’s own, the environment, the system', async t => {
  const http = { host: 'sys.example', port: 8080 }
  for (const [world, own, expected] of [
    [{ proxy: 'none', variable: 'http://e' }, undefined, { proxy: undefined, because: 'network.proxy is none' }],
    [{ proxy: 'socks5://p' }, undefined, { proxy: { kind: 'socks5', host: 'p', source: 'network.proxy' } }],
    [{ proxy: 'http://a@p' }, undefined, { proxy: { user: 'a', password: 'ours' } }],
    [{ proxy: 'socks5://p' }, 'none', { proxy: undefined, because: 'proxy of work is none' }],
    [{ proxy: 'none' }, 'http://a@q', { proxy: { host: 'q', password: 'of work', source: 'proxy of work' } }],
    [{ variable: 'http://e' }, undefined, { proxy: { host: 'e', source: 'HTTPS_PROXY' } }],
    [{ variable: 'e.example:8080' }, undefined, { proxy: { kind: 'http', host: 'e.example', port: 8080 } }],
    [{ variable: 'http://a:pw@e' }, undefined, { proxy: { user: 'a', password: 'pw' } }],
    [{ variable: 'http://e', bypass: 'example.test' }, undefined, { proxy: undefined, because: 'NO_PROXY says so' }],
    [{ variable: 'http://e', system: { ...NO_SYSTEM_PROXY, http } }, undefined, { proxy: { host: 'e' } }],
    [{ system: { ...NO_SYSTEM_PROXY, http } }, undefined, { proxy: { kind: 'http', ...http } }],
    [{ system: { ...NO_SYSTEM_PROXY, http, socks: http } }, undefined, { proxy: { kind: 'socks5' } }],
    [{ system: { ...NO_SYSTEM_PROXY, http, bypass: '*.test' } }, undefined, { proxy: undefined, because: /exception/ }],
    [{ system: { ...NO_SYSTEM_PROXY, script: 'x' } }, undefined, { proxy: undefined, because: /script \(x\)/ }],
    [{}, undefined, { proxy: undefined, because: 'no proxy is set' }],
  ] as const) {
    const profile = { ...WORK, proxy: own }
    t.match(await networkOf(world).wayTo(profile, TARGET), expected, JSON.stringify([world, own]))
  }
})

t.test('this machine has no proxy, whatever is set', async t => {
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    t.match(await networkOf({ proxy: 'http://p' }).wayTo(WORK_WITHOUT, { host, port: 1 }), { proxy: undefined })
  }
})

t.test('a proxy that cannot be used is told, without its password', async t => {
  const error: unknown = await networkOf({ variable: 'https://ada:geheim@p' })
    .proxyTo(WORK_WITHOUT, TARGET)
    .catch(e => e)
  t.match(error, { code: 'NET_PROXY_UNUSABLE', message: 'HTTPS_PROXY names a https:// proxy that Postern cannot use.' })
  t.notMatch(String((error as Error).stack), /geheim/)
})

const WORK_WITHOUT = { ...WORK, proxy: undefined }
