import { once } from 'node:events'
import { createServer } from 'node:net'

const TRIES = 200
const LAST_PORT = 65_535

/** Finds the first port from `wished` on that nobody listens on, on 127.0.0.1; 0, for any, when there is none near it. */
export async function nextFreePort(wished: number): Promise<number> {
  for (let port = wished; port < wished + TRIES && port <= LAST_PORT; port++) if (await isFree(port)) return port
  return 0
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false // taken, or reserved by the system
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
}
