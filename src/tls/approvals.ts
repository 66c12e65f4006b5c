import { randomBytes } from 'node:crypto'
import { readIfPresent, replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'

const PRIVATE = 0o600

/** A server's key that a person has approved: for that host and port, whatever else its certificate says. */
export interface Approval extends Peer {
  readonly id: string
  /** SHA-256 of the public key (SPKI), lower-case hex. */
  readonly publicKeySha256: string
  readonly subject: string
  readonly issuer: string
  /** As the certificate had them when it was approved; ms since the epoch. */
  readonly validFromMs: number
  readonly validToMs: number
  readonly approvedAtMs: number
}

/** The approved keys, in one file that is read whenever it is needed: the command line may change it any time. */
export class Approvals {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** @throws {PosternError} TLS_APPROVALS_UNREADABLE: a damaged list must not count as an empty one. */
  async list(): Promise<readonly Approval[]> {
    const text = await readIfPresent(this.#file)
    if (text === undefined) return []
    try {
      const parsed: unknown = JSON.parse(text)
      if (Array.isArray(parsed) && parsed.every(isApproval)) return parsed
    } catch (error) {
      throw unreadable(this.#file, error)
    }
    throw unreadable(this.#file)
  }

  async find({ host, port }: Peer): Promise<Approval | undefined> {
    return (await this.list()).find(approval => approval.host === host.toLowerCase() && approval.port === port)
  }

  /** Adds an approval in place of any earlier one for the same host and port. */
  async add(approval: Omit<Approval, 'id'>): Promise<Approval> {
    const added = { ...approval, host: approval.host.toLowerCase(), id: randomBytes(4).toString('hex') }
    const others = (await this.list()).filter(({ host, port }) => host !== added.host || port !== added.port)
    await this.#write([...others, added])
    return added
  }

  /** @throws {PosternError} TLS_NOT_FOUND */
  async remove(id: string): Promise<Approval> {
    const all = await this.list()
    const removed = all.find(approval => approval.id === id)
    if (!removed) {
      throw new PosternError<TlsErrorCode>('TLS_NOT_FOUND', `There is no approved certificate with the id ${id}.`, {
        remedy: 'user',
        advice: 'See `postern cert list` for the ids.',
      })
    }
    await this.#write(all.filter(approval => approval !== removed))
    return removed
  }

  async #write(approvals: readonly Approval[]): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(approvals, undefined, 2)}\n`, PRIVATE)
  }
}

function isApproval(value: unknown): value is Approval {
  if (typeof value !== 'object' || value === null) return false
  const { id, host, port, publicKeySha256 } = value as Partial<Approval> // each is checked on the next line
  const isNamed = typeof id === 'string' && typeof host === 'string' && typeof port === 'number'
  return isNamed && typeof publicKeySha256 === 'string' && /^[0-9a-f]{64}$/.test(publicKeySha256)
}

function unreadable(file: string, cause?: unknown): PosternError {
  return new PosternError<TlsErrorCode>('TLS_APPROVALS_UNREADABLE', `${file} is damaged: it is no list of approvals.`, {
    remedy: 'user',
    advice: 'Restore it from a backup, or remove the file and approve the servers again.',
    cause,
  })
}
