/** How much a row works with. */
export interface Sizes {
  readonly rounds: number
  /** Of an initial pull. */
  readonly messages: number
  /** Of a cycle without changes. */
  readonly folders: number
  readonly flags: number
  readonly uploads: number
  readonly roundTripMs: number
  /** Of a folder that is compared whole. */
  readonly compared: number
  /** Of a pull of large messages. */
  readonly large: number
  readonly largeMegabytes: number
}

/** What is measured when nothing is said. */
export const FULL_SIZES: Sizes = {
  rounds: 3,
  messages: 20_000,
  folders: 100,
  flags: 1000,
  uploads: 200,
  roundTripMs: 40,
  compared: 100_000,
  large: 20,
  largeMegabytes: 50,
}

/** Just enough to see that everything works. */
export const SMALL_SIZES: Sizes = {
  rounds: 1,
  messages: 300,
  folders: 5,
  flags: 50,
  uploads: 20,
  roundTripMs: 40,
  compared: 2000,
  large: 2,
  largeMegabytes: 10,
}
