import { randomBytes } from 'node:crypto'
import { readIfPresent, replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'

const PRIVATE = 0o600
const MAX_TIME_MS = 8.64e15 // ECMA-262: what a Date can hold

/** A server's key that a person has approved: for that host and port, whatever else its certificate says. */
export interface Approval extends Peer {
  readonly id: string
  /** SHA-256 of the public key (SPKI), lower-case hex: what counts. */
  readonly publicKeySha256: string
  /** The certificate as it was when it was approved, for people. */
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since the epoch, as the others. */
  readonly validFromMs: number
  readonly validToMs: number
  readonly approvedAtMs: number
}

/** The approved keys, in one file that is read whenever it is needed: the command line may change it at any time. */
export class Approvals {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** @throws {PosternError} TLS_APPROVALS_UNREADABLE: a damaged list must not count as an empty one. */
  async list(): Promise<readonly Approval[]> {
    const parsed = await this.#read()
    if (parsed === undefined) return []
    if (Array.isArray(parsed) && parsed.every(isApproval)) return parsed
    throw unreadable(this.#file, 'it is no list of approvals')
  }

  /** @throws {PosternError} TLS_APPROVALS_UNREADABLE */
  async find(peer: Peer): Promise<Approval | undefined> {
    const host = hostKey(peer.host)
    return (await this.list()).find(approval => approval.host === host && approval.port === peer.port)
  }

  /**
   * Adds an approval in place of any earlier one for the same host and port.
   *
   * @throws {PosternError} TLS_APPROVALS_UNREADABLE
   */
  async add(approval: Omit<Approval, 'id'>): Promise<Approval> {
    const added = { ...approval, host: hostKey(approval.host), id: randomBytes(4).toString('hex') }
    const others = (await this.list()).filter(({ host, port }) => host !== added.host || port !== added.port)
    await this.#write([...others, added])
    return added
  }

  /**
   * Takes an approval out; undefined when there is none with that id.
   *
   * @throws {PosternError} TLS_APPROVALS_UNREADABLE
   */
  async remove(id: string): Promise<Approval | undefined> {
    const all = await this.list()
    const removed = all.find(approval => approval.id === id)
    if (removed) await this.#write(all.filter(approval => approval !== removed))
    return removed
  }

  async #read(): Promise<unknown> {
    try {
      const text = await readIfPresent(this.#file)
      return text === undefined ? undefined : JSON.parse(text)
    } catch (error) {
      throw unreadable(this.#file, error instanceof Error ? error.message : String(error), error)
    }
  }

  async #write(approvals: readonly Approval[]): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(approvals, undefined, 2)}\n`, PRIVATE)
  }
}

// DNS names do not tell case, nor does the final dot of a full name.
function hostKey(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function isApproval(value: unknown): value is Approval {
  if (typeof value !== 'object' || value === null) return false
  // Every field is checked below.
  const approval = value as Readonly<Record<keyof Approval, unknown>>
  const { id, host, port, publicKeySha256, subject, issuer, validFromMs, validToMs, approvedAtMs } = approval
  return (
    [id, host, subject, issuer].every(text => typeof text === 'string') &&
    [validFromMs, validToMs, approvedAtMs].every(isTime) &&
    Number.isInteger(port) &&
    typeof publicKeySha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(publicKeySha256)
  )
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= MAX_TIME_MS
}

function unreadable(file: string, reason: string, cause?: unknown): PosternError {
  return new PosternError<TlsErrorCode>('TLS_APPROVALS_UNREADABLE', `${file} cannot be used: ${reason}.`, {
    remedy: 'user',
    advice: 'Restore it from a backup, or remove it and approve the servers again with `postern cert approve`.',
    cause,
  })
}
