import { z } from 'zod'

/** A proxy, read from a URL such as `http://proxy.example.org:3128`. */
export interface ProxyUrl {
  readonly kind: 'http' | 'socks5'
  readonly host: string
  readonly port: number
  readonly user?: string | undefined
  readonly password?: string | undefined
}

// Names are always resolved by the proxy, so socks5 and socks5h are one; some desktops write `socks`.
const SCHEMES: Readonly<Record<string, { readonly kind: ProxyUrl['kind']; readonly defaultPort: number }>> = {
  http: { kind: 'http', defaultPort: 3128 },
  socks5: { kind: 'socks5', defaultPort: 1080 },
  socks5h: { kind: 'socks5', defaultPort: 1080 },
  socks: { kind: 'socks5', defaultPort: 1080 },
}
const MAX_FIELD_OCTETS = 255 // RFC 1929

/** Reads a proxy's URL; undefined when it is none of those that Postern can use. */
export function parseProxyUrl(text: string): ProxyUrl | undefined {
  const [, scheme = '', userInfo, bracketed, plain, port] =
    /^([a-z0-9]+):\/\/(?:([^\s/?#@]*)@)?(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?\/?$/i.exec(text) ?? []
  const found = SCHEMES[scheme.toLowerCase()]
  const host = bracketed ?? plain
  if (!found || !host) return undefined
  const number = port === undefined ? found.defaultPort : Number(port)
  const who = userInfo === undefined ? {} : parseUserInfo(userInfo)
  if (number < 1 || number > 65_535 || !who) return undefined
  return { kind: found.kind, host: host.toLowerCase(), port: number, ...who }
}

/** `auto`, `none`, or a proxy's URL; its password has a place of its own. */
export const proxySetting = z.string().superRefine((text, { addIssue }) => {
  if (text === 'auto' || text === 'none') return
  const proxy = parseProxyUrl(text)
  const refuse = (message: string) => addIssue({ code: 'custom', message })
  if (!proxy) refuse('must be auto, none, http://HOST:PORT or socks5://HOST:PORT')
  else if (proxy.password !== undefined) refuse('must not hold a password: store it with `postern proxy password`')
})

// RFC 3986 section 3.2.1; what is percent-encoded may be anything, but for octets that would end a line.
function parseUserInfo(text: string): Pick<ProxyUrl, 'user' | 'password'> | undefined {
  const colon = text.indexOf(':')
  const parts = colon === -1 ? [text] : [text.slice(0, colon), text.slice(colon + 1)]
  const [user, password] = parts.map(decode)
  if (user === undefined || user === '' || user.includes(':')) return undefined
  if (parts.length === 2 && password === undefined) return undefined
  return password === undefined ? { user } : { user, password }
}

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    const isFit = !/\p{Cc}/u.test(decoded) && Buffer.byteLength(decoded) <= MAX_FIELD_OCTETS
    return isFit ? decoded : undefined
  } catch {
    return undefined // no percent-encoding
  }
}
