import { PosternError } from '../../errors.ts'
import type { NetErrorCode } from '../errors.ts'
import { type HostPort, hostPort } from '../host-port.ts'
import { type NetworkProxy, proxyName } from './network-proxy.ts'

const MAX_SAID_CHARACTERS = 200
const OTHER_PROXY =
  'Check the setting (`postern proxy`). A direct way, if there is one: postern config set network.proxy none'

/** The failures of a conversation with a proxy. None of them says anything of the account's password. */
export const proxyRefusals = {
  /** Nobody answers where the proxy should be. */
  unreachable: (proxy: NetworkProxy, cause: unknown): PosternError =>
    new PosternError<NetErrorCode>('NET_PROXY_UNREACHABLE', `${sentence(proxy)} cannot be used: ${messageOf(cause)}`, {
      remedy: 'retry',
      advice: OTHER_PROXY,
      cause,
    }),

  lost: (proxy: NetworkProxy, target: HostPort, cause: unknown): PosternError =>
    new PosternError<NetErrorCode>(
      'NET_PROXY_UNREACHABLE',
      `${sentence(proxy)} ended the connection instead of opening a way to ${hostPort(target)}.`,
      { remedy: 'retry', advice: `Postern tries again by itself. ${OTHER_PROXY}`, cause },
    ),

  silent: (proxy: NetworkProxy, target: HostPort, timeoutMs: number): PosternError =>
    new PosternError<NetErrorCode>(
      'NET_PROXY_UNREACHABLE',
      `${sentence(proxy)} opened no way to ${hostPort(target)} within ${timeoutMs / 1000} s.`,
      { remedy: 'retry', advice: `Postern tries again by itself. ${OTHER_PROXY}` },
    ),

  /** It answers, and not as such a proxy does. */
  malformed: (proxy: NetworkProxy, what: string): PosternError =>
    new PosternError<NetErrorCode>('NET_PROXY_PROTOCOL', `${sentence(proxy)} ${what}.`, {
      remedy: 'user',
      advice: `Is it of the other kind (http:// or socks5://), or another port? ${OTHER_PROXY}`,
    }),

  /** It will not, or cannot, connect to the target; `advice` by what it said. */
  refused: (proxy: NetworkProxy, target: HostPort, { says, advice }: { says: string; advice: string }): PosternError =>
    new PosternError<NetErrorCode>(
      'NET_PROXY_REFUSED',
      `${sentence(proxy)} gave no way to ${hostPort(target)}: ${printable(says)}`,
      { remedy: 'retry', advice },
    ),

  signIn: (proxy: NetworkProxy, says: string): PosternError =>
    new PosternError<NetErrorCode>(
      'NET_PROXY_SIGN_IN',
      proxy.user === undefined
        ? `${sentence(proxy)} wants a user name and a password: ${printable(says)}`
        : `${sentence(proxy)} refused its user name or password: ${printable(says)}`,
      {
        remedy: 'user',
        advice:
          'Write the user into the setting (http://USER@HOST:PORT) and store the password: postern proxy password. ' +
          'The account’s own password is another one, and was not tried.',
      },
    ),

  otherSignIn: (proxy: NetworkProxy, offers: string): PosternError =>
    new PosternError<NetErrorCode>(
      'NET_PROXY_SIGN_IN',
      `${sentence(proxy)} wants a sign-in that Postern does not know: ${printable(offers)}`,
      {
        remedy: 'user',
        advice: 'Ask for a proxy with Basic sign-in, or run a helper such as cntlm and name that one as the proxy.',
      },
    ),
} as const

function sentence(proxy: NetworkProxy): string {
  const name = proxyName(proxy)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

// A proxy's words go into messages and the log: one line, and not too long.
function printable(text: string): string {
  return (
    text
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(0, MAX_SAID_CHARACTERS) || '(nothing)'
  )
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
