import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import Provider from 'oidc-provider'
import { portOf } from './front-server.ts'
import { OidcMemory } from './oidc-memory.ts'

/** Registered as a program on somebody's machine (RFC 8252), without a secret. */
export const OIDC_CLIENT = 'postern'
/** Registered with a secret. */
export const OIDC_SECRET_CLIENT = { id: 'postern-with-secret', secret: 'client+secret/of=32 characters long' } as const
/** May ask whose a token is. */
export const INTROSPECTOR = { id: 'mailserver', secret: 'introspection-secret-of-the-mail-server' } as const

/** What the provider answers to its token endpoint instead of what it should; undefined: what it should. */
export type TokenFault = (request: IncomingMessage, response: ServerResponse) => void

/** A real OpenID provider in this process, in which one person signs in to everything she is asked for. */
export class OidcProvider implements AsyncDisposable {
  readonly issuer: string
  readonly memory: OidcMemory
  /** How often its token endpoint was asked. */
  tokenRequests = 0
  tokenFault: TokenFault | undefined
  readonly #provider: Provider
  readonly #server: Server

  private constructor(issuer: string, memory: OidcMemory, provider: Provider, server: Server) {
    this.issuer = issuer
    this.memory = memory
    this.#provider = provider
    this.#server = server
  }

  /** Starts a provider on a free loopback port; `account` is who signs in. */
  static async start(account: string): Promise<OidcProvider> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const issuer = `http://127.0.0.1:${portOf(server.address())}`
    const memory = new OidcMemory()
    const provider = makeProvider(issuer, memory)
    provider.on('server_error', (_context, error) => {
      throw error
    })
    const oidc = new OidcProvider(issuer, memory, provider, server)
    const serve = provider.callback()
    server.on('request', (request, response) => {
      const isToken = request.url === '/token'
      if (isToken) oidc.tokenRequests++
      if (isToken && oidc.tokenFault) oidc.tokenFault(request, response)
      else if (request.url?.startsWith('/interaction/')) void oidc.#consent(account, request, response)
      else void serve(request, response)
    })
    return oidc
  }

  /** Does what a person with a browser does on the page of a sign-in; resolves with what the last page says. */
  async browse(page: string): Promise<{ readonly status: number; readonly url: string; readonly text: string }> {
    const cookies = new Map<string, string>()
    let url = page
    for (;;) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      const next = response.headers.get('location')
      if (next === null) return { status: response.status, url, text: await response.text() }
      await response.arrayBuffer()
      url = new URL(next, url).href
    }
  }

  /** Does what a person does who types a device code: `no` declines. */
  async typeCode(userCode: string, account: string, answer: 'yes' | 'no' = 'yes'): Promise<void> {
    const code = await this.#provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, ''))
    if (!code) throw new Error(`no such code: ${userCode}`)
    if (answer === 'no') Object.assign(code, { error: 'access_denied', errorDescription: 'the person said no' })
    else {
      const scope = String(code.params?.scope ?? '')
      const grantId = await this.#grant(account, code.clientId ?? '', scope)
      Object.assign(code, { accountId: account, authTime: Math.floor(Date.now() / 1000), grantId, scope })
    }
    await code.save()
  }

  /** Ends the access of every token now, as if their time was over. */
  expireAccessTokens(): number {
    return this.memory.forget('AccessToken')
  }

  /** Ends every sign-in, as an administrator does. */
  revokeEverything(): void {
    for (const kind of ['AccessToken', 'RefreshToken', 'Grant', 'Session']) this.memory.forget(kind)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #consent(accountId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await this.#provider.interactionDetails(request, response)
    const grantId = await this.#grant(accountId, String(params.client_id), String(params.scope))
    await this.#provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } })
  }

  async #grant(accountId: string, clientId: string, scope: string): Promise<string> {
    const grant = new this.#provider.Grant({ accountId, clientId })
    grant.addOIDCScope(scope)
    return grant.save()
  }
}

function makeProvider(issuer: string, memory: OidcMemory): Provider {
  const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']
  const native = {
    application_type: 'native' as const,
    redirect_uris: ['http://127.0.0.1/'],
    grant_types: grants,
    response_types: ['code' as const],
  }
  return new Provider(issuer, {
    adapter: (kind: string) => memory.adapter(kind),
    clients: [
      { ...native, client_id: OIDC_CLIENT, token_endpoint_auth_method: 'none' },
      { ...native, client_id: OIDC_SECRET_CLIENT.id, client_secret: OIDC_SECRET_CLIENT.secret },
      {
        client_id: INTROSPECTOR.id,
        client_secret: INTROSPECTOR.secret,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
    ],
    cookies: { keys: ['a key of this test'] },
    claims: { openid: ['sub'], email: ['email'] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, email: sub }) }),
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 3600,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
      IdToken: 3600,
      DeviceCode: 600,
      Interaction: 600,
    },
  })
}
