import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Test } from 'tap'
import { portOf } from './front-server.ts'

/** Starts a real HTTP server on a free port, which ends with the test; gives the port. */
export function startHttp(t: Test, listener: RequestListener): Promise<number> {
  return listenHere(t, createServer(listener))
}

/** The same with TLS. */
export function startHttps(
  t: Test,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  listener: RequestListener,
): Promise<number> {
  return listenHere(t, createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, listener))
}

async function listenHere(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return portOf(server.address())
}
