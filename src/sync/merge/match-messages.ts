/** A message that is here. */
export interface LocalMessage {
  readonly id: number
  /** The folder's name in the account. */
  readonly path: string
  /** Where a server was last known to have it. */
  readonly was: { readonly path: string; readonly uidValidity: number; readonly uid: number } | undefined
  /** What it says, in each form that a server may have it in; none when that cannot be read, or nothing there looks the same. */
  readonly identities: readonly MessageIdentity[]
  readonly isGone: boolean
}

/** What a message says, by a part of it. */
export interface MessageIdentity {
  readonly part: 'header' | 'full'
  readonly key: string
}

/** A message that the account has and that looks like one that is here. */
export interface AccountMessage {
  readonly path: string
  readonly uidValidity: number
  readonly uid: number
  /** By all that was read of it, and by its header. */
  readonly keys: Readonly<Record<'header' | 'full', string>>
  /** In a folder that shows messages of other folders: it is no place for one. */
  readonly isView: boolean
}

/** A message that is here and in the account. */
export interface MessagePair {
  readonly local: LocalMessage
  readonly account: AccountMessage
  readonly isAsBefore: boolean
}

/**
 * Pairs what is the same message: where it was before, under the very number; else in the same folder; else in another one,
 * into which somebody may have moved it. Each is of one pair only, so that copies stay copies. What was deleted here pairs
 * only with what it was deleted from. Pure.
 */
export function matchMessages(
  local: readonly LocalMessage[],
  account: readonly AccountMessage[],
): readonly MessagePair[] {
  const free = new FreeMessages(account)
  const pairs: MessagePair[] = []
  const pairAll = (
    waiting: readonly LocalMessage[],
    isAsBefore: boolean,
    find: (message: LocalMessage) => AccountMessage | undefined,
  ): readonly LocalMessage[] =>
    waiting.filter(message => {
      const found = find(message)
      if (!found) return true
      free.take(found)
      pairs.push({ local: message, account: found, isAsBefore })
      return false
    })
  const moved = pairAll(local, true, message => free.before(message)).filter(({ isGone }) => !isGone)
  const elsewhere = pairAll(moved, false, message => free.like(message, ({ path }) => path === message.path))
  pairAll(elsewhere, false, message => free.like(message, ({ isView }) => !isView))
  return pairs
}

/** What no pair has yet. */
class FreeMessages {
  readonly #byPlace = new Map<string, AccountMessage>()
  readonly #byKey: Readonly<Record<'header' | 'full', Map<string, Set<AccountMessage>>>>

  constructor(all: readonly AccountMessage[]) {
    this.#byKey = { header: new Map(), full: new Map() }
    for (const message of all) {
      this.#byPlace.set(placeOf(message), message)
      for (const part of ['header', 'full'] as const) {
        const like = this.#byKey[part].get(message.keys[part]) ?? new Set()
        this.#byKey[part].set(message.keys[part], like.add(message))
      }
    }
  }

  before({ was, identities }: LocalMessage): AccountMessage | undefined {
    const found = was && this.#byPlace.get(placeOf(was))
    return identities.some(({ part, key }) => found?.keys[part] === key) ? found : undefined
  }

  /** The first one that looks the same and is at a place that will do. */
  like({ identities }: LocalMessage, isAllowed: (message: AccountMessage) => boolean): AccountMessage | undefined {
    for (const { part, key } of identities) {
      for (const message of this.#byKey[part].get(key) ?? []) if (isAllowed(message)) return message
    }
    return undefined
  }

  take(message: AccountMessage): void {
    this.#byPlace.delete(placeOf(message))
    for (const part of ['header', 'full'] as const) this.#byKey[part].get(message.keys[part])?.delete(message)
  }
}

function placeOf({ path, uidValidity, uid }: Pick<AccountMessage, 'path' | 'uidValidity' | 'uid'>): string {
  return `${uidValidity} ${uid} ${path}`
}
