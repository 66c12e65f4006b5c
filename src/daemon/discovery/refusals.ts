const MAX_PER_SERVER = 3
const MAX_IN_ALL = 4 // many servers lock an account after five, and two hosts may be one server

/** A sign-in that a server refused: the server by its addresses, since names of one are many. */
export interface Refusal {
  readonly server: string
  readonly user: string
}

/** Keeps a search from locking an account: nothing is tried twice, and no more than a few times in all. */
export class Refusals {
  readonly #known: Refusal[]
  readonly #unclear: string[] = []

  /** `before` are those of an earlier part of the same search. */
  constructor(before: readonly Refusal[] = []) {
    this.#known = [...before]
  }

  get all(): readonly Refusal[] {
    return this.#known
  }

  add(refusal: Refusal): void {
    this.#known.push(refusal)
  }

  /** Notes a sign-in that broke off: some servers hang up on a wrong password, or say "not now", and count it all the same. */
  addUnclear(server: string): void {
    this.#unclear.push(server)
  }

  /** Whether the server has refused this user name already. */
  knows({ server, user }: Refusal): boolean {
    return this.#known.some(refusal => refusal.server === server && refusal.user === user)
  }

  /** Whether a sign-in at the server could lock the account. */
  areEnough(server: string): boolean {
    const all = [...this.#known.map(refusal => refusal.server), ...this.#unclear]
    return all.filter(each => each === server).length >= MAX_PER_SERVER || all.length >= MAX_IN_ALL
  }
}
