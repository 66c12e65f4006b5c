import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Store } from '../../../src/store/store.ts'
import { type Dovecot, startDovecot } from '../dovecot.ts'
import { randomSource } from '../model/random.ts'
import { hideUids } from './counted.ts'
import { type Mailbox, makeEngine, SILENT } from './cycles.ts'
import { runEngine } from './engine-process.ts'
import { SecondClient, type StoryAction } from './second-client.ts'
import { STORIES } from './stories.ts'
import type { Story } from './story.ts'
import { prepareTemplate } from './template.ts'
import { type DeletedItems, User } from './user.ts'
import { leftovers, problemsOf } from './verify.ts'

const CYCLES = 5 // of the run that is killed: enough to come to rest when nothing happens
const MAX_RECOVERY_CYCLES = 12
const HOUR_MS = 3_600_000
// What Dovecot 2.3 shows of what matters to the client.
const CAPABILITIES = [
  ...['IMAP4rev1', 'SASL-IR', 'ID', 'ENABLE', 'IDLE', 'LITERAL+', 'MULTIAPPEND', 'NAMESPACE', 'UIDPLUS', 'UNSELECT'],
  ...['CHILDREN', 'LIST-EXTENDED', 'LIST-STATUS', 'SPECIAL-USE', 'CONDSTORE', 'QRESYNC', 'ESEARCH', 'MOVE', 'NOTIFY'],
]
const TEMPLATE_USER = 'template'

const run = promisify(execFile)

/** A server without some of its extensions. */
export interface Variant {
  readonly name: string
  /** Capabilities that it does not show. */
  readonly without: readonly string[]
  /** Whether folders are compared whole, instead of by what the server tells of changes. */
  readonly isWhole: boolean
  readonly winner?: 'server' | 'client'
}

/** One line of the matrix. */
export interface Case {
  readonly seed: number
  /** The points to be killed at: the second one in the process that is started after the first kill. */
  readonly kills: readonly number[]
  /** The point of the first process at which the second client acts. */
  readonly pauseAt?: number | undefined
}

/** What came of a case. */
export interface Outcome {
  /** Where it was killed, in words. */
  readonly killed: readonly string[]
  /** How many points the first process passed, if it was not killed. */
  readonly points: number | undefined
  readonly recoveryCycles: number
  readonly problems: readonly string[]
}

/** Kills engines against one Dovecot; every case has a user and a store of its own, copied from one template. */
export class Matrix implements AsyncDisposable {
  readonly #dovecot: Dovecot
  readonly #variant: Variant
  // In memory where there is such a place: a killed process is no power failure.
  readonly #dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'postern-kill-'))
  readonly #stories: readonly Story[]
  #deleted: DeletedItems = new Map()
  #cases = 0

  private constructor(dovecot: Dovecot, variant: Variant) {
    this.#dovecot = dovecot
    this.#variant = variant
    const stories = variant.winner === 'client' ? STORIES.map(clientWins) : STORIES
    this.#stories = variant.without.includes('MOVE') ? stories.map(withoutRace) : stories
  }

  /** Starts a server for so many cases and fills its template. */
  static async open(variant: Variant, maxCases: number): Promise<Matrix> {
    const users = [TEMPLATE_USER, ...Array.from({ length: maxCases }, (_, index) => userOf(index + 1))]
    const shown = CAPABILITIES.filter(word => !variant.without.includes(word)).join(' ')
    const dovecot = await startDovecot({
      users,
      settings: `mail_fsync = never\nprotocol imap {\n  imap_capability = ${shown}\n}\n`,
    })
    const matrix = new Matrix(dovecot, variant)
    matrix.#deleted = await prepareTemplate(matrix.#mailbox(TEMPLATE_USER), matrix.#dir)
    return matrix
  }

  /** Lives through a case: the killed runs, what the second client does, the recovery, and the check. */
  async run(each: Case): Promise<Outcome> {
    const mailbox = await this.#newMailbox()
    const phases = this.#schedule(each)
    const killed: string[] = []
    let points: number | undefined
    await using other = await SecondClient.connect(mailbox.port, mailbox.user)
    const starts = each.kills.length > 0 ? each.kills : [undefined]
    for (const [index, killAt] of starts.entries()) {
      const order = { ...mailbox, killAt, pauseAt: index === 0 ? each.pauseAt : undefined, cycles: CYCLES }
      const acted = () => other.act(phases.shift() ?? [])
      const ended = await runEngine({ ...order, hidesUids: this.#hidesUids }, acted)
      if (ended.kind === 'killed') killed.push(`${ended.point}: ${ended.name}`)
      else if (index === 0) points = ended.points
      if (index === 0) await this.#actLater(mailbox)
      while (phases.length > starts.length - 1 - index) await other.act(phases.shift() ?? [])
    }
    const { recoveryCycles, problems } = await this.#recover(mailbox, other)
    rmSync(mailbox.storeDir, { recursive: true, force: true })
    rmSync(dirname(this.#dovecot.maildir(mailbox.user)), { recursive: true, force: true })
    return { killed, points, recoveryCycles, problems }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dovecot[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  get #hidesUids(): boolean {
    return this.#variant.without.includes('UIDPLUS')
  }

  #mailbox(user: string): Mailbox {
    const storeDir = join(this.#dir, user)
    mkdirSync(storeDir, { recursive: true })
    const { isWhole, winner = 'server' } = this.#variant
    const settings = { fullSyncThreshold: isWhole ? 1_000_000 : 0, conflictResolution: winner }
    return { port: this.#dovecot.imapPort, user, storeDir, settings }
  }

  async #newMailbox(): Promise<Mailbox> {
    const mailbox = this.#mailbox(userOf(++this.#cases))
    const [from, to] = [TEMPLATE_USER, mailbox.user].map(user => dirname(this.#dovecot.maildir(user)))
    await run('cp', ['-a', `${from}/.`, `${to}/`])
    await run('cp', ['-a', `${join(this.#dir, TEMPLATE_USER)}/.`, `${mailbox.storeDir}/`])
    return mailbox
  }

  /** What the second client does at the pause, after the first kill, and after the second. */
  #schedule({ seed, kills, pauseAt }: Case): StoryAction[][] {
    const random = randomSource(seed)
    const phases: StoryAction[][] = Array.from({ length: Math.max(1, kills.length) + (pauseAt ? 1 : 0) }, () => [])
    for (const story of this.#stories) {
      if (story.meanwhile) phases[Math.floor(random() * phases.length)]?.push({ story, action: story.meanwhile })
    }
    return phases
  }

  async #actLater({ storeDir }: Mailbox): Promise<void> {
    using store = Store.open(storeDir, { clock: Date.now, log: SILENT })
    const user = new User(store, this.#dir, this.#deleted)
    for (const story of this.#stories) if (story.later) await user.act(story, story.later)
  }

  async #recover(mailbox: Mailbox, other: SecondClient): Promise<Pick<Outcome, 'recoveryCycles' | 'problems'>> {
    let cycle = 0
    const clock = () => Date.now() + cycle * HOUR_MS // what waits for its next attempt may go on
    using store = Store.open(mailbox.storeDir, { clock, log: SILENT })
    const runCycle = makeEngine(mailbox, { store, clock, wrap: this.#hidesUids ? hideUids : undefined })
    let quiet = 0
    while (quiet < 2 && cycle < MAX_RECOVERY_CYCLES) {
      cycle++
      const { downloaded, imported, uploaded, errors } = await runCycle()
      const isQuiet = downloaded + imported + uploaded + errors.length === 0 && leftovers(mailbox.storeDir).length === 0
      quiet = isQuiet ? quiet + 1 : 0
    }
    const problems = problemsOf(await other.see(), store, mailbox.storeDir, this.#stories)
    return { recoveryCycles: cycle, problems: quiet < 2 ? ['it never came to rest', ...problems] : problems }
  }
}

function userOf(number: number): string {
  return `user${number}`
}

function clientWins({ isKept: _, ...story }: Story): Story {
  return { ...story, end: story.clientEnd ?? story.end }
}

// Without MOVE a message is in two folders for a moment: a second client that then moves both has doubled it itself.
function withoutRace(story: Story): Story {
  const target = story.user?.find(action => action.kind === 'move')
  if (!target || !story.meanwhile || story.meanwhile.kind === 'flag') return story
  const { meanwhile: _, ...rest } = story
  return { ...rest, end: [[target.folder]] }
}
