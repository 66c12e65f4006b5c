import { fromWireError } from '../control/wire-error.ts'
import type { FromEngine, TokenAnswer } from './engine-protocol.ts'

/** The engine's way to access tokens: the main process has them, and gives one for each sign-in. */
export class EngineTokens {
  readonly #send: (message: FromEngine) => void
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>()
  #id = 0

  constructor(send: (message: FromEngine) => void) {
    this.#send = send
  }

  /** Asks for a token; another one than `refused`. */
  ask(profile: number, refused?: string): Promise<string> {
    const id = ++this.#id
    const waiting = Promise.withResolvers<string>()
    this.#waiting.set(id, waiting)
    this.#send({ kind: 'token', id, profile, refused })
    return waiting.promise
  }

  /** Takes what the main process says. */
  answered({ id, token, error }: TokenAnswer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (token !== undefined) waiting?.resolve(token)
    else if (error) waiting?.reject(fromWireError(error))
  }
}
