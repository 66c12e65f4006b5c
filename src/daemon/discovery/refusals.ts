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

  /** Whether the server has refused this user name already. */
  knows({ server, user }: Refusal): boolean {
    return this.#known.some(refusal => refusal.server === server && refusal.user === user)
  }

  /** Whether a sign-in at the server could lock the account. */
  areEnough(server: string): boolean {
    const here = this.#known.filter(refusal => refusal.server === server)
    return here.length >= MAX_PER_SERVER || this.#known.length >= MAX_IN_ALL
  }
}
