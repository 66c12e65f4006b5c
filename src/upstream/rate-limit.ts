const BURST_MS = 100 // what may come at once after a rest; more would be felt by others on the line
const OCTETS_PER_KILOBYTE = 1000

/** Limits one direction of all connections of a profile: a bucket of octets that fills at the rate, and may be owed to. */
export class RateLimit {
  readonly #clock: () => number
  #octetsPerMs = 0
  #tokens = 0
  #filledAtMs: number

  /** `clock` gives ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
    this.#filledAtMs = clock()
  }

  /** Sets the rate in kilobytes of 1,000 octets per second; 0 for none. Holds for connections that are open already. */
  set(kilobytesPerSecond: number): void {
    this.#fill()
    const octetsPerMs = (kilobytesPerSecond * OCTETS_PER_KILOBYTE) / 1000
    if (octetsPerMs !== this.#octetsPerMs) this.#tokens = Math.min(this.#tokens, 0)
    if (octetsPerMs === 0) this.#tokens = 0
    this.#octetsPerMs = octetsPerMs
  }

  get isLimited(): boolean {
    return this.#octetsPerMs > 0
  }

  /** How much may go in one piece, so that no piece is followed by a long pause. */
  get pieceOctets(): number {
    return this.isLimited ? Math.max(512, Math.floor(this.#octetsPerMs * BURST_MS)) : Number.POSITIVE_INFINITY
  }

  /** Counts octets that have passed, or are just passing, and tells for how many ms nothing more should. */
  take(octets: number): number {
    if (!this.isLimited) return 0
    this.#fill()
    this.#tokens -= octets
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#octetsPerMs
  }

  #fill(): void {
    const nowMs = this.#clock()
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#tokens + elapsedMs * this.#octetsPerMs, this.#octetsPerMs * BURST_MS)
  }
}

/** Both directions of a profile. */
export interface RateLimits {
  readonly download: RateLimit
  readonly upload: RateLimit
}
