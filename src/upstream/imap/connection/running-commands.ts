import type { ImapResponse, ResponseCode } from '../../../formats/imap/response.ts'
import type { LiteralSink } from '../../../formats/imap/response-reader.ts'
import { tooLarge } from '../../../formats/imap/too-large.ts'
import { refusedCommand } from './refusals.ts'

const MAX_ANSWER_OCTETS = 256 * 1_048_576 // the flags of four million messages, a line each

/** Untagged data (`* 23 FETCH …`). */
export type DataResponse = ImapResponse & { readonly kind: 'data' }

/** The answer to a command. */
export type TaggedResponse = ImapResponse & { readonly kind: 'tagged' }

/** A tagged OK. */
export interface Completion {
  readonly code: ResponseCode | undefined
  readonly text: string
}

/** What a command does with what the server says while it runs. */
export interface CommandHandlers {
  /** By the name of the data: `FETCH`, `LIST`. The oldest running command that names it gets the response. */
  readonly data?: Readonly<Record<string, (response: DataResponse) => void>>
  /** Takes an untagged response of one line as it is; false has it parsed, and offered to `data`. */
  readonly line?: (octets: Buffer) => boolean
  /** Untagged OK, NO with a response code. */
  readonly code?: (code: ResponseCode) => void
  /**
   * Takes a continuation request that no literal waits for; a text that it gives goes out as a line. The connection ends
   * with what it throws.
   */
  readonly continuation?: (text: string) => string | Promise<string> | undefined
  /** Tells whether the server may say nothing now, for hours (IDLE). */
  readonly isAtRest?: () => boolean
  /** Offers a literal; see `ResponseReader`. */
  readonly openLiteral?: (text: Buffer, length: number) => LiteralSink | undefined
  /** Resolves when the command's consumer can take more; nothing is read meanwhile. */
  readonly drained?: () => Promise<void> | undefined
  /** What the server says is used at once, and not kept: there may be any amount of it. */
  readonly isStream?: boolean
}

interface RunningCommand extends CommandHandlers {
  readonly tag: string
  answerOctets: number
  readonly resolve: (completion: Completion) => void
  readonly reject: (error: unknown) => void
}

/** The commands that have no answer yet, in the order in which they were sent: what the server says goes to the first that takes it. */
export class RunningCommands {
  readonly #where: string
  readonly #commands: RunningCommand[] = []

  /** @param where host:port, for messages */
  constructor(where: string) {
    this.#where = where
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0
  }

  /** Whether the server owes something now. */
  get isWaiting(): boolean {
    return this.#commands.some(command => !command.isAtRest?.())
  }

  /**
   * Resolves at the tagged OK.
   *
   * @throws {PosternError} UPSTREAM_REFUSED at NO or BAD; what the commands are failed with
   */
  add(tag: string, handlers: CommandHandlers): Promise<Completion> {
    const { promise, resolve, reject } = Promise.withResolvers<Completion>()
    this.#commands.push({ ...handlers, tag, answerOctets: 0, resolve, reject })
    return promise
  }

  isRunning(tag: string): boolean {
    return this.#commands.some(command => command.tag === tag)
  }

  /** The server has answered one. */
  end(response: TaggedResponse): void {
    const { tag, status, code, text } = response
    const index = this.#commands.findIndex(command => command.tag === tag)
    const [command] = index === -1 ? [] : this.#commands.splice(index, 1)
    if (!command) return
    if (status === 'OK') {
      if (code) command.code?.(code)
      command.resolve({ code, text })
    } else {
      command.reject(refusedCommand(this.#where, response))
    }
  }

  /** None of them will be answered. */
  fail(reason: unknown): void {
    for (const command of this.#commands.splice(0)) command.reject(reason)
  }

  openLiteral(text: Buffer, length: number): LiteralSink | undefined {
    return this.#commands.find(command => command.openLiteral)?.openLiteral?.(text, length)
  }

  drained(): Promise<void> | undefined {
    return this.#commands.find(command => command.drained)?.drained?.()
  }

  continue(text: string): string | Promise<string> | undefined {
    return this.#commands.find(command => command.continuation)?.continuation?.(text)
  }

  /** False when none wants lines as they are, or not this one. */
  takesLine(octets: Buffer): boolean {
    const taker = this.#commands.find(command => command.line)
    if (!taker?.line?.(octets)) return false
    weigh(taker, octets.length)
    return true
  }

  takesData(response: DataResponse, octets: number): boolean {
    const taker = this.#commands.find(command => command.data?.[response.name])
    taker?.data?.[response.name]?.(response)
    if (taker) weigh(taker, octets)
    return taker !== undefined
  }

  takesCode(code: ResponseCode): boolean {
    const taker = this.#commands.find(command => command.code)
    taker?.code?.(code)
    return taker !== undefined
  }
}

// Each response may be of honest size, and their number without an end.
function weigh(command: RunningCommand, octets: number): void {
  command.answerOctets += octets
  if (command.isStream || command.answerOctets <= MAX_ANSWER_OCTETS) return
  throw tooLarge(`more than ${MAX_ANSWER_OCTETS / 1_048_576} MB in answer to one command`)
}
