import { endpointOf, NO_SYSTEM_PROXY, type SystemProxy } from './system-proxy.ts'

/** Reads what `gsettings list-recursively org.gnome.system.proxy` prints: `schema key value` on each line. */
export function parseGnomeProxy(output: string): SystemProxy {
  const values = new Map<string, string>()
  for (const line of output.split('\n')) {
    const [, part = '', key = '', value = ''] = /^org\.gnome\.system\.proxy(?:\.(\w+))? ([\w-]+) (.*)$/.exec(line) ?? []
    values.set(part === '' ? key : `${part}.${key}`, value.trim())
  }
  const text = (key: string) => /^'(.*)'$/.exec(values.get(key) ?? '')?.[1] || undefined
  const endpoint = (part: string) => endpointOf(text(`${part}.host`), values.get(`${part}.port`))
  const mode = text('mode')
  if (mode === 'auto') return { ...NO_SYSTEM_PROXY, script: text('autoconfig-url') ?? 'found by WPAD' }
  if (mode !== 'manual') return NO_SYSTEM_PROXY
  return {
    http: endpoint('https') ?? endpoint('http'),
    socks: endpoint('socks'),
    bypass: [...(values.get('ignore-hosts') ?? '').matchAll(/'([^']*)'/g)].map(([, host]) => host).join(' '),
    script: undefined,
  }
}
