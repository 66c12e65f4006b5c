import { BlockList, isIP } from 'node:net'
import type { HostPort } from '../host-port.ts'
import { isLoopback } from '../loopback.ts'

const MAX_ENTRIES = 10_000

/** Tells whether a server is reached without the proxy. */
export type Bypass = (target: HostPort) => boolean

/**
 * Reads a list of hosts that are reached without the proxy, as NO_PROXY and the systems' settings have it: names with
 * everything below them (`example.org`, `.example.org`, `*.example.org`), addresses, networks (`10.0.0.0/8`), each with
 * `:PORT` if wanted, `<local>` for names without a dot, and `*` for all. What is none of these counts for nothing.
 */
export function parseBypass(text: string): Bypass {
  const entries = text
    .toLowerCase()
    .split(/[\s,;|]+/)
    .filter(entry => entry !== '')
    .slice(0, MAX_ENTRIES)
  const rules = entries.map(ruleOf).filter(rule => rule !== undefined)
  return ({ host, port }) => {
    const name = host.toLowerCase().replace(/\.$/, '')
    return isLoopback(host) || rules.some(rule => rule({ host: name, port }))
  }
}

function ruleOf(entry: string): Bypass | undefined {
  if (entry === '*') return () => true
  if (entry === '<local>') return ({ host }) => isIP(host) === 0 && !host.includes('.')
  const { host, port } = splitPort(entry)
  const matches = networkRule(host) ?? nameRule(host)
  return matches && (target => (port === undefined || port === target.port) && matches(target.host))
}

function splitPort(entry: string): { readonly host: string; readonly port: number | undefined } {
  const [, bracketed, after] = /^\[([0-9a-f:.]+)\](?::(\d{1,5}))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { host: bracketed, port: after === undefined ? undefined : Number(after) }
  const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? []
  return host === undefined ? { host: entry, port: undefined } : { host, port: Number(port) }
}

function networkRule(entry: string): ((host: string) => boolean) | undefined {
  const [first = '', bits] = entry.split('/')
  const address = bits !== undefined && /^\d+(\.\d+){0,2}$/.test(first) ? padded(first) : first
  const family = isIP(address)
  if (family === 0) return undefined
  const length = family === 6 ? 128 : 32
  const prefix = bits === undefined ? length : Number(bits)
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > length) return undefined
  const network = new BlockList()
  network.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4')
  return host => isIP(host) !== 0 && network.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
}

// macOS writes `169.254/16`.
function padded(address: string): string {
  return [...address.split('.'), '0', '0', '0'].slice(0, 4).join('.')
}

function nameRule(entry: string): ((host: string) => boolean) | undefined {
  const name = entry.replace(/^\*?\./, '').replace(/\.$/, '')
  if (name === '' || /[*/]/.test(name)) return windowsRule(entry)
  return host => host === name || host.endsWith(`.${name}`)
}

// Windows writes networks as `10.*`.
function windowsRule(entry: string): ((host: string) => boolean) | undefined {
  const [, beginning] = /^([0-9.]+\.)\*$/.exec(entry) ?? []
  return beginning === undefined ? undefined : host => isIP(host) === 4 && host.startsWith(beginning)
}
