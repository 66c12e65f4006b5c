import { once } from 'node:events'
import { createServer } from 'node:net'

const given = new Set<number>()

/**
 * Finds ports of 127.0.0.1 that are free now, for servers that cannot choose one themselves. None is given twice: nobody may
 * be listening yet on one that was given before.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await new Promise(resolve => server.close(resolve))
    if (!given.has(port)) ports.push(port)
    given.add(port)
  }
  return ports
}
