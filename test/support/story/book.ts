import { pick } from '../model/random.ts'

const FLAGS = ['\\Flagged', '\\Seen', '\\Answered', '$Label1', 'NonJunk']

/** What should be true at the end of a story, and what was done to which message, for a failure's diagnosis. */
export class StoryBook {
  readonly random: () => number
  /** How many copies of each message there should be. */
  readonly #copies = new Map<string, number>()
  readonly #killed = new Set<string>()
  /** Of how many copies nobody can say whether they are two or the same one. */
  readonly #mergeable = new Map<string, number>()
  /** Of how many messages a server may make two: it lets two clients move the same one at once. */
  readonly #doublable = new Map<string, number>()
  readonly #journal: string[] = []
  cycle = 0

  constructor(random: () => number) {
    this.random = random
  }

  /** Makes a new message: some have no Message-ID, some octets are no ASCII, some messages are larger. */
  compose(): Buffer {
    const id = `m${this.#copies.size + 1}`
    this.#copies.set(id, 1)
    const messageId = this.random() < 0.7 ? `Message-ID: <${id}@x>\r\n` : ''
    const size = this.random() < 0.1 ? 60_000 : Math.floor(this.random() * 900)
    const body = Buffer.alloc(size, `Smørrebrød ${id}, `, 'latin1')
    return Buffer.concat([Buffer.from(`${messageId}Subject: ${id}\r\n\r\n`), body])
  }

  twoFlags(): readonly [string, string] {
    return [pick(this.random, FLAGS) ?? '', pick(this.random, FLAGS) ?? '']
  }

  note(who: string, what: string, id = ''): void {
    this.#journal.push(`cycle ${this.cycle}: ${who} ${what} ${id}`)
  }

  copied(id: string): void {
    this.#copies.set(id, (this.#copies.get(id) ?? 1) + 1)
  }

  /** Somebody deletes a copy: it may be missing at the end. */
  killed(who: string, how: string, id: string): void {
    this.#killed.add(id)
    this.note(who, `deletes ${how}`, id)
  }

  /**
   * Somebody brings a message to where Postern is copying it at this moment. When Postern's request or its answer is lost,
   * what turns up there may be either: one of two equal copies may be taken for the other.
   */
  mayMerge(id: string): void {
    this.#mergeable.set(id, (this.#mergeable.get(id) ?? 0) + 1)
    this.note('other', 'brings what is being copied', id)
  }

  /**
   * Somebody moves what Postern is moving at this moment. Cyrus shows what was expunged until a session is told, and moves
   * it once more.
   */
  mayDouble(id: string): void {
    this.#doublable.set(id, (this.#doublable.get(id) ?? 0) + 1)
    this.note('other', 'moves what is being moved', id)
  }

  /** Nobody knows whether the message was copied: the folder, or the session, ended meanwhile. */
  mayBeCopied(id: string): void {
    this.#doublable.set(id, (this.#doublable.get(id) ?? 0) + 1)
    this.note('other', 'copies, or never does,', id)
  }

  /** Nobody knows whether the message was made: the folder, or the session, ended meanwhile. */
  doubt(id: string): void {
    this.killed('other', 'or never made', id)
  }

  /** Something that concerns a whole folder. */
  noteFolder(who: string, what: string): void {
    this.note(who, `${what} (folder)`)
  }

  /** Tells which messages are there too often or not often enough. */
  *wrong(counts: ReadonlyMap<string, number>): Generator<{ readonly id: string; readonly what: string }> {
    for (const [id, wanted] of this.#copies) {
      const count = counts.get(id) ?? 0
      const isMissing = count < wanted - (this.#mergeable.get(id) ?? 0) && !this.#killed.has(id)
      const isDoubled = count > wanted + (this.#doublable.get(id) ?? 0)
      if (isDoubled || isMissing) yield { id, what: `${id} is there ${count} times instead of ${wanted}` }
    }
  }

  historyOf(id: string): string[] {
    return this.#journal.filter(line => line.endsWith(` ${id}`) || line.endsWith('(folder) '))
  }
}

/** The name of a message, which is its subject. */
export function idOf(text: Buffer | string | undefined): string {
  const written = text?.toString('latin1') ?? ''
  return /Subject: (\S+)/.exec(written)?.[1] ?? written
}
