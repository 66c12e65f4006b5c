import { createHash } from 'node:crypto'
import { PosternError } from '../../../src/errors.ts'
import { unpackFlags } from '../../../src/store/flags.ts'
import type { ItemRow } from '../../../src/store/rows.ts'
import type { SyncResult } from '../../../src/sync/progress.ts'
import { KeptSession } from '../../../src/upstream/imap/connection/kept-session.ts'
import { type Direction, type Fault, type FaultProxy, startFaultProxy } from '../fault-proxy.ts'
import { pick, randomSource } from '../model/random.ts'
import { idOf, StoryBook } from './book.ts'
import { LocalSide } from './local-side.ts'
import { OtherClient, type ServerMessage } from './other-client.ts'
import { SomebodyElse } from './somebody-else.ts'
import { StoryUser } from './user.ts'

const BASIC_FOLDERS = ['INBOX', 'Archive', 'Other']
const SHORT_SILENCE_MS = 700
const LONG_SILENCE_MS = 20_000
const DELAY_MS = 40
// Unreachable: reset before it is accepted.
const EXPECTED_LOSSES = /^(UPSTREAM_(LOST|BYE|SILENT)|NET_(LOST|UNREACHABLE))$/
const SETTLING_CYCLES = 8
const MAX_SILENCES = 9
const CYCLES_TO_GIVE_UP = 4 // a refused change of a folder is given up after three attempts

/** A server that a story is played on. */
export interface StoryServer {
  readonly imapPort: number
  readonly user: string
  readonly password: string
}

/**
 * A user of Postern and another mail program, both changing the same account of a real server, while the network between
 * Postern and the server breaks at random octets. All choices come from the seed; how they interleave does not.
 */
export class Story implements AsyncDisposable {
  readonly #proxy: FaultProxy
  readonly #other: OtherClient
  readonly #here: LocalSide
  readonly #book: StoryBook
  readonly #user: StoryUser
  readonly #somebodyElse: SomebodyElse
  readonly #problems: string[] = []
  /** What a run that was not broken has carried. */
  readonly #usual: Record<Direction, number> = { client: 1000, server: 4000 }
  losses = 0

  private constructor(proxy: FaultProxy, other: OtherClient, here: LocalSide, book: StoryBook) {
    this.#proxy = proxy
    this.#other = other
    this.#here = here
    this.#book = book
    this.#user = new StoryUser(here, book)
    this.#somebodyElse = new SomebodyElse(other, book, here)
  }

  static async open({ imapPort, user, password }: StoryServer, seed: number): Promise<Story> {
    const proxy = await startFaultProxy(imapPort)
    const random = randomSource(seed)
    // Without a threshold the server's deltas are used, with it everything is compared.
    const settings = { fullSyncThreshold: random() < 0.6 ? 0 : 1024 }
    const session = random() < 0.5 ? new KeptSession() : undefined
    const here = new LocalSide({ port: proxy.port, user, password, settings, session })
    return new Story(proxy, new OtherClient(imapPort, user, password), here, new StoryBook(random))
  }

  get cycles(): number {
    return this.#book.cycle
  }

  /** Fills the account, then changes both sides for some rounds, each followed by a run through a faulty network. */
  async tell(rounds: number): Promise<void> {
    const { random } = this.#book
    const existing = await this.#other.folders()
    for (const path of BASIC_FOLDERS) if (!existing.includes(path)) await this.#other.createFolder(path)
    for (let count = 0; count < 12; count++) await this.#somebodyElse.append(pick(random, BASIC_FOLDERS) ?? 'INBOX')
    await this.#faultyCycle(this.#fault())
    for (let round = 0; round < rounds; round++) {
      for (let count = 0; count < 3; count++) await this.#user.change()
      if (random() < 0.5) await this.#somebodyElse.change()
      await Promise.all([this.#faultyCycle(this.#fault()), this.#meanwhile()])
    }
  }

  /** Runs in peace until nothing is left to do; resolves to what is wrong then. */
  async settle(): Promise<readonly string[]> {
    this.#user.clearIgnored()
    for (let cycle = 0; cycle < SETTLING_CYCLES; cycle++) {
      this.#user.acceptHeld()
      const { errors } = await this.#patientCycle()
      if (cycle < CYCLES_TO_GIVE_UP) continue
      this.#problems.push(...errors.map(({ folder, message }) => `${folder}: ${message}`))
    }
    await this.#compare()
    return this.#problems
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#here[Symbol.dispose]()
    await this.#other[Symbol.asyncDispose]()
    await this.#proxy[Symbol.asyncDispose]()
  }

  #fault(): Fault {
    const { random } = this.#book
    const dice = random()
    if (dice < 0.1) return { kind: 'none' }
    if (dice < 0.14) return { kind: 'delay', ms: DELAY_MS }
    const kind = dice < 0.2 ? 'stall' : dice < 0.6 ? 'cut' : 'reset'
    const direction = random() < 0.5 ? 'client' : 'server'
    return { kind, direction, afterOctets: Math.floor(random() * this.#usual[direction]) }
  }

  async #faultyCycle(fault: Fault): Promise<void> {
    const isSlow = fault.kind === 'delay' || fault.kind === 'none'
    try {
      await this.#cycle(fault, isSlow ? LONG_SILENCE_MS : SHORT_SILENCE_MS)
      if (!isSlow) return
      for (const direction of ['client', 'server'] as const) this.#usual[direction] = this.#proxy.octets(direction)
    } catch (error) {
      if (!(error instanceof PosternError) || !EXPECTED_LOSSES.test(error.code))
        throw new Error(`after ${JSON.stringify(fault)}, and ${this.#proxy.tail()}`, { cause: error })
      this.losses++
      this.#book.noteFolder('network', `${JSON.stringify(fault)} ${error.code}`)
    }
  }

  // A server may wait for locks of its own, such as what a client whose connection was cut has left behind.
  async #patientCycle(): Promise<SyncResult> {
    for (let silences = 0; ; silences++) {
      try {
        return await this.#cycle({ kind: 'none' }, LONG_SILENCE_MS)
      } catch (error) {
        const isSilence = error instanceof PosternError && error.code === 'UPSTREAM_SILENT'
        if (!isSilence || silences === MAX_SILENCES) throw error
        this.#book.noteFolder('server', 'says nothing')
      }
    }
  }

  #cycle(fault: Fault, silenceTimeoutMs: number): Promise<SyncResult> {
    this.#book.cycle++
    this.#proxy.spoil(fault)
    return this.#here.sync(silenceTimeoutMs)
  }

  async #meanwhile(): Promise<void> {
    while (this.#book.random() < 0.6) await this.#somebodyElse.change()
  }

  async #compare(): Promise<void> {
    const counts = new Map<string, number>()
    const { read } = this.#here.store
    const paths = (await this.#other.folders()).filter(path => path !== 'Drafts').sort()
    const local = read.folders().filter(({ isSelectable, isExcluded }) => isSelectable && !isExcluded)
    const localPaths = local.map(({ path }) => path).sort()
    if (paths.join() !== localPaths.join()) this.#problems.push(`folders there ${paths} | here ${localPaths}`)
    for (const path of paths.filter(path => localPaths.includes(path))) {
      const messages = await this.#other.messages(path)
      for (const { octets } of messages) counts.set(idOf(octets), (counts.get(idOf(octets)) ?? 0) + 1)
      this.#compareFolder(path, messages, [...read.items(read.getFolder(path).id)])
    }
    for (const { id, what } of this.#book.wrong(counts)) {
      this.#problems.push(`${what}\n  ${this.#tellOf(id)}`)
    }
  }

  #tellOf(id: string): string {
    return [id, ...this.#book.historyOf(id), ...this.#here.history(id)].join('\n  ')
  }

  #compareFolder(path: string, messages: readonly ServerMessage[], items: readonly ItemRow[]): void {
    const { read } = this.#here.store
    const here = items.map(({ uid, flags, location }) =>
      describe({ uid, flags: unpackFlags(flags).sort(), octets: Buffer.concat([...read.body(location)]) }),
    )
    const [left, right] = [messages.map(describe).sort().join(' '), here.sort().join(' ')]
    if (left !== right) {
      this.#problems.push(`${path}: there ${left} | here ${right}`)
      const isOdd = (text: string) => !(left.includes(text) && right.includes(text))
      const odd = new Set(
        `${left} ${right}`
          .split(' ')
          .filter(isOdd)
          .map(text => text.split(':')[1] ?? ''),
      )
      for (const id of odd) this.#problems.push(this.#tellOf(id))
    }
    const { queuedDownload, queuedImport, queuedUpload } = read.counts(read.getFolder(path).id)
    if (queuedDownload + queuedImport + queuedUpload > 0) this.#problems.push(`${path}: queues are not empty`)
  }
}

function describe({ uid, flags, octets }: ServerMessage): string {
  const digest = createHash('sha256').update(octets).digest('hex').slice(0, 12)
  return `${uid}:${idOf(octets)}:${digest}:${flags}`
}
