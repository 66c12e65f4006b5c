/** By what an object is recognised, here and in an account. */
export interface ObjectIdentity {
  readonly href: string
  /** Undefined when it has none, or could not be read. */
  readonly uid: string | undefined
  /** Of its octets. */
  readonly sha256: string
  /** What it says, see `contentKey`; undefined where nothing on the other side looks like it. */
  readonly content: string | undefined
}

/** An object that is here. */
export interface LocalObject extends ObjectIdentity {
  readonly id: number
  /** Of the version that an account was known to have. */
  readonly etag: string | undefined
  readonly sentSha256: string | undefined
  readonly revision: number
  readonly isDirty: boolean
  /** Deleted here, and no server knows. */
  readonly isGone: boolean
}

/** An object that the account has. */
export interface AccountObject extends ObjectIdentity {
  readonly etag: string
}

/** An object that is here and in the account. */
export interface ObjectPair {
  readonly local: LocalObject
  readonly account: AccountObject
}

/**
 * Pairs what is the same object: of one UID, under its old name if possible, and with the same content if several have it;
 * else what says the same under another UID; else, where the account’s could not be read, what has its name; so has what has no
 * UID and is the very version that was known. Each is of one pair only. What was deleted here pairs only with what it was
 * deleted from. Pure.
 */
export function matchObjects(local: readonly LocalObject[], account: readonly AccountObject[]): readonly ObjectPair[] {
  const free = new FreeObjects(account)
  const pairs: ObjectPair[] = []
  const pairAll = (waiting: readonly LocalObject[], finds: readonly Find[]): readonly LocalObject[] =>
    finds.reduce(
      (rest, find) =>
        rest.filter(object => {
          const found = free.take(find(object, free))
          if (found) pairs.push({ local: object, account: found })
          return !found
        }),
      waiting,
    )
  const left = pairAll(
    local.filter(({ isGone }) => !isGone),
    BY_UID,
  )
  pairAll(
    local.filter(({ isGone }) => isGone),
    [BY_UID[0], BY_NAME],
  )
  pairAll(left, [BY_CONTENT, BY_NAME])
  return pairs
}

/** Tells whether both say the same. */
export function saysTheSame(one: ObjectIdentity, other: ObjectIdentity): boolean {
  return one.sha256 === other.sha256 || (one.content !== undefined && one.content === other.content)
}

type Find = (object: LocalObject, free: FreeObjects) => AccountObject | undefined

const BY_UID: readonly [Find, ...Find[]] = [
  (object, free) => free.ofUid(object).find(({ href }) => href === object.href),
  (object, free) => free.ofUid(object).find(each => saysTheSame(object, each)),
  (object, free) => free.ofUid(object)[0],
]
const BY_CONTENT: Find = (object, free) => free.sayingTheSame(object)
const BY_NAME: Find = ({ href, uid, etag }, free) => {
  const found = free.nameless(href)
  const isKnown = uid === undefined && found?.etag === etag
  return found?.sha256 === '' || isKnown ? found : undefined
}

/** What no pair has yet. */
class FreeObjects {
  readonly #byUid = new Map<string, Set<AccountObject>>()
  readonly #byContent = new Map<string, Set<AccountObject>>()
  readonly #nameless = new Map<string, AccountObject>()

  constructor(all: readonly AccountObject[]) {
    for (const object of all) {
      if (object.uid === undefined) this.#nameless.set(object.href, object)
      else add(this.#byUid, object.uid, object)
      for (const key of keysOf(object)) add(this.#byContent, key, object)
    }
  }

  ofUid({ uid }: LocalObject): readonly AccountObject[] {
    return uid === undefined ? [] : [...(this.#byUid.get(uid) ?? [])]
  }

  sayingTheSame(object: LocalObject): AccountObject | undefined {
    for (const key of keysOf(object)) for (const found of this.#byContent.get(key) ?? []) return found
    return undefined
  }

  /** What has no UID, or could not be read. */
  nameless(href: string): AccountObject | undefined {
    return this.#nameless.get(href)
  }

  take(object: AccountObject | undefined): AccountObject | undefined {
    if (!object) return undefined
    if (object.uid !== undefined) this.#byUid.get(object.uid)?.delete(object)
    for (const key of keysOf(object)) this.#byContent.get(key)?.delete(object)
    this.#nameless.delete(object.href)
    return object
  }
}

function keysOf({ sha256, content }: ObjectIdentity): readonly string[] {
  return [...(sha256 === '' ? [] : [`octets ${sha256}`]), ...(content === undefined ? [] : [`content ${content}`])]
}

function add(map: Map<string, Set<AccountObject>>, key: string, object: AccountObject): void {
  const set = map.get(key) ?? new Set()
  map.set(key, set.add(object))
}
