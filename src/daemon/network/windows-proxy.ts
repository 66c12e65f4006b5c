import { endpointOf, NO_SYSTEM_PROXY, type SystemProxy } from './system-proxy.ts'

/** Reads what `reg query` prints of Windows’ Internet Settings: name, type and value on each line. */
export function parseWindowsProxy(output: string): SystemProxy {
  const values = new Map<string, string>()
  for (const line of output.split(/\r?\n/)) {
    const [, name, value = ''] = /^\s+(\w+)\s+REG_\w+\s+(.*)$/.exec(line) ?? []
    if (name !== undefined) values.set(name, value.trim())
  }
  const script = values.get('AutoConfigURL')
  if (Number(values.get('ProxyEnable') ?? 0) !== 1) return { ...NO_SYSTEM_PROXY, script }
  const servers = serversOf(values.get('ProxyServer') ?? '')
  return {
    http: servers.get('https') ?? servers.get('http') ?? servers.get(''),
    socks: servers.get('socks'),
    bypass: values.get('ProxyOverride') ?? '',
    script,
  }
}

// One for all, `proxy:8080`, or one for each protocol, `https=proxy:8080;socks=other:1080`.
function serversOf(text: string) {
  const servers = new Map<string, ReturnType<typeof endpointOf>>()
  for (const part of text.split(/[;\s]+/)) {
    const [, protocol = '', host, port] = /^(?:(\w+)=)?(?:\w+:\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(part) ?? []
    servers.set(protocol.toLowerCase(), endpointOf(host, port ?? (protocol === 'socks' ? '1080' : '80')))
  }
  return servers
}
