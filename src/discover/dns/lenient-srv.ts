import { createSocket } from 'node:dgram'
import { on, once } from 'node:events'
import { isIPv6 } from 'node:net'
import { PosternError } from '../../errors.ts'
import { connectTo } from '../../net/connect.ts'
import { dnsFailed } from './dns-failed.ts'
import { makeQuestion, parseMessage, RECORDS, readAnswer } from './dns-message.ts'
import type { Answer, SrvRecord } from './resolver.ts'

const TIMEOUT_MS = 1500

interface DnsServer {
  readonly host: string
  readonly port: number
}

/**
 * Asks for SRV records as c-ares cannot: since 1.34.7 it calls an answer with compressed targets broken. RFC 2782 forbids them
 * to servers, RFC 3597 section 4 asks clients to take them, and phones, home routers and Samba send them.
 *
 * @param servers as Node lists them: `1.2.3.4`, `1.2.3.4:5353`, `::1`, `[::1]:5353`. The first is asked.
 * @throws {PosternError} DISCOVER_DNS_FAILED
 */
export async function askForSrv(name: string, servers: readonly string[]): Promise<Answer<SrvRecord>> {
  const server = parseServer(servers[0] ?? '')
  const question = makeQuestion(name, 'SRV')
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const short = parseMessage(await overUdp(question, server, signal))
    const answer = short.header.tc ? parseMessage(await overTcp(question, server, signal)) : short
    return readAnswer(answer, { name, type: 'SRV', read: RECORDS.SRV })
  } catch (error) {
    if (error instanceof PosternError && error.code === 'DISCOVER_DNS_FAILED') throw error
    throw dnsFailed(name, error instanceof Error ? error.message : String(error), error)
  }
}

function parseServer(text: string): DnsServer {
  const [, bracketed, plain, port = '53'] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? []
  return { host: bracketed ?? plain ?? text, port: Number(port) }
}

async function overUdp(question: Buffer, { host, port }: DnsServer, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    socket.connect(port, host) // nobody else's packets are let in then
    await once(socket, 'connect', { signal })
    socket.send(question)
    for await (const [octets] of on(socket, 'message', { signal })) {
      if (octets.subarray(0, 2).equals(question.subarray(0, 2))) return octets // the same id
    }
    throw new Error('the socket ended')
  } finally {
    socket.close()
  }
}

// RFC 1035 section 4.2.2: two octets of length go before a message.
async function overTcp(question: Buffer, server: DnsServer, signal: AbortSignal): Promise<Buffer> {
  const socket = await connectTo(server, signal)
  try {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(question.length)
    socket.write(Buffer.concat([length, question]))
    let held = Buffer.alloc(0)
    for await (const [chunk] of on(socket, 'data', { signal, close: ['end', 'close'] })) {
      held = Buffer.concat([held, chunk])
      const end = held.length >= 2 ? 2 + held.readUInt16BE(0) : Number.POSITIVE_INFINITY
      if (held.length >= end) return held.subarray(2, end)
    }
    throw new Error('the DNS server closed')
  } finally {
    socket.destroy()
  }
}
