/** The client side of one authentication. Octets are without their base64. */
export interface ClientMechanism {
  /** As it is registered: `SCRAM-SHA-256`. */
  readonly name: string
  /** What the client says first; undefined where the server begins. */
  readonly initialResponse: Buffer | undefined
  /**
   * Answers the server.
   *
   * @throws {SaslError} when what the server says cannot be answered
   */
  respond(challenge: Buffer): Buffer | Promise<Buffer>
  /**
   * Judges the server's success.
   *
   * @throws {SaslError} `unproven` when the server has not shown what the mechanism wants it to show
   */
  assertDone(): void
  /** What the server has said, within the exchange, of why it will refuse. */
  readonly refusal?: string | undefined
}

const MAX_REFUSAL_LENGTH = 200 // it is shown

/** Cuts what a server says of its refusal to one line that a person reads. */
export function briefRefusal(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, MAX_REFUSAL_LENGTH)
}

/** A conversation of a mechanism that cannot go on; `unproven`: the server may be another one. */
export class SaslError extends Error {
  readonly kind: 'malformed' | 'unproven'

  constructor(kind: SaslError['kind'], message: string) {
    super(message)
    this.name = 'SaslError'
    this.kind = kind
  }
}
