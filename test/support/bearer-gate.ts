import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { portOf } from './front-server.ts'
import { INTROSPECTOR, type OidcProvider } from './oidc-provider.ts'

/** Before a DAV server that knows passwords only: lets requests through whose access token a provider knows. */
export class BearerGate implements AsyncDisposable {
  readonly url: URL
  readonly #server: ReturnType<typeof createServer>
  /** How many requests were let through, and how many were turned away. */
  readonly counts = { taken: 0, refused: 0 }

  private constructor(server: ReturnType<typeof createServer>, url: URL) {
    this.#server = server
    this.url = url
  }

  /** Starts it on a free loopback port; `basic` is what the server behind is signed in to with. */
  static async start(provider: OidcProvider, behind: URL, basic: string): Promise<BearerGate> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const gate = new BearerGate(server, new URL(`http://127.0.0.1:${portOf(server.address())}/`))
    server.on('request', (asked, answer) => void gate.#handle({ asked, answer }, { provider, behind, basic }))
    return gate
  }

  async #handle(
    { asked, answer }: { asked: IncomingMessage; answer: ServerResponse },
    { provider, behind, basic }: { provider: OidcProvider; behind: URL; basic: string },
  ): Promise<void> {
    const token = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '')?.[1]
    if (token === undefined || !(await isActive(provider, token))) {
      this.counts.refused++
      asked.resume()
      answer.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
      return
    }
    this.counts.taken++
    const { method, url, headers } = asked
    const authorization = `Basic ${Buffer.from(basic).toString('base64')}`
    const forwarded = request(new URL(url ?? '/', behind), { method, headers: { ...headers, authorization } })
    asked.pipe(forwarded)
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage]
    answer.writeHead(response.statusCode ?? 500, response.headers)
    response.pipe(answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

async function isActive({ issuer }: OidcProvider, token: string): Promise<boolean> {
  const body = new URLSearchParams({ token, client_id: INTROSPECTOR.id, client_secret: INTROSPECTOR.secret })
  const answer = (await (await fetch(`${issuer}/token/introspection`, { method: 'POST', body })).json()) as {
    active: boolean
  }
  return answer.active
}
