import { once } from 'node:events'
import dns2 from 'dns2'

const { Packet } = dns2
const NX_DOMAIN = 3 // RFC 1035 section 4.1.1
const CLASSIC_LIMIT = 512 // RFC 1035 section 4.2.1: what UDP carries without EDNS

/** The records of one name. */
export interface ScriptedName {
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly MX?: readonly { readonly priority: number; readonly exchange: string }[]
  readonly SRV?: readonly { priority: number; weight: number; port: number; target: string }[]
  readonly TXT?: readonly string[]
  /** It is never answered. */
  readonly isSilent?: boolean
  /** A response code other than success. */
  readonly rcode?: number
}

/** Names and what they are; others do not exist. */
export type ScriptedZone = Readonly<Record<string, ScriptedName>>

/** A DNS server of our own, over UDP and TCP. */
export interface ScriptedDns extends AsyncDisposable {
  /** `IP:PORT` */
  readonly address: string
  /** What was asked, as `TYPE name`, with `tcp` or `udp` before it. */
  readonly asked: readonly string[]
}

/** Starts it on an address of this machine and a free port. `compresses`: also the targets of SRV records. */
export async function startDns(zone: ScriptedZone, { compresses = false } = {}): Promise<ScriptedDns> {
  const ip = '127.0.5.1'
  const octetsOf = compresses ? (packet: dns2.Packet) => packet.toBuffer() : plainOctets
  const asked: string[] = []
  const handle =
    (transport: 'udp' | 'tcp'): dns2.DnsHandler =>
    (request, send) => {
      const [question] = request.questions
      const type = Object.entries(Packet.TYPE).find(([, value]) => value === question?.type)?.[0] ?? ''
      asked.push(`${transport} ${type} ${question?.name}`)
      const answer = answerTo(request, zone[question?.name.toLowerCase() ?? ''], type)
      if (answer) void send(transport === 'tcp' || octetsOf(answer).length <= CLASSIC_LIMIT ? octetsOf(answer) : answer)
    }
  const tcp = dns2.createTCPServer(handle('tcp')).listen(0, ip)
  await once(tcp, 'listening')
  const bound = tcp.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  const udp = dns2.createUDPServer(handle('udp'))
  await udp.listen(port, ip)
  return {
    address: `${ip}:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      udp.close()
      tcp.close()
    },
  }
}

/** Answers one DNS message as the server would, for DNS over HTTPS. */
export function answerDns(message: Buffer, zone: ScriptedZone): Buffer {
  const request = Packet.parse(message)
  const [question] = request.questions
  const type = Object.entries(Packet.TYPE).find(([, value]) => value === question?.type)?.[0] ?? ''
  const answer = answerTo(request, zone[question?.name.toLowerCase() ?? ''], type)
  if (!answer) throw new Error('a silent name over HTTPS')
  return plainOctets(answer)
}

function answerTo(request: dns2.Packet, found: ScriptedName | undefined, type: string): dns2.Packet | undefined {
  if (found?.isSilent) return undefined
  const answer = Packet.createResponseFromRequest(request)
  const [question] = request.questions
  answer.header.rcode = found ? (found.rcode ?? 0) : NX_DOMAIN
  if (!question || !found) return answer
  const about = { name: question.name, type: question.type, class: Packet.CLASS.IN, ttl: 60 }
  const add = (fields: object) => answer.answers.push({ ...about, ...fields } as dns2.Packet.Resource)
  if (type === 'A') for (const address of found.A ?? []) add({ address })
  if (type === 'AAAA') for (const address of found.AAAA ?? []) add({ address })
  if (type === 'MX') for (const record of found.MX ?? []) add(record)
  if (type === 'SRV') for (const record of found.SRV ?? []) add(record)
  if (type === 'TXT') for (const data of found.TXT ?? []) add({ data: [data] })
  return answer
}

// RFC 2782: the target is not compressed, and c-ares wants it so.
function plainOctets(packet: dns2.Packet): Buffer {
  const writer = Object.assign(new Packet.Writer(), { names: {} })
  return (packet.toBuffer as (writer: object) => Buffer).call(packet, writer)
}
