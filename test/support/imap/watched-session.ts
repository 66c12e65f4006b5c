import { UidSet } from '../../../src/formats/imap/uid-set.ts'
import { readStrictly, type StrictResponse } from './strict-responses.ts'

/** What a client has sent: commands that end where they seem to end, each with a tag of its own. */
export interface SentCommand {
  readonly tag: string
  readonly text: string
}

/** What a client of a session knows at its end. */
export interface SessionEnd {
  /** The UIDs of the open mailbox by their numbers, undefined where one was not told; undefined without an open one. */
  readonly messages: readonly (number | undefined)[] | undefined
  readonly isBye: boolean
}

const USES_NUMBERS = /^(FETCH|STORE|SEARCH|SORT|THREAD)\b/i

/**
 * Reads all that a session has said, and believes it.
 *
 * @throws {Error} at the first contradiction
 */
export function watchSession(text: string, sent: readonly SentCommand[]): SessionEnd {
  const watcher = new SessionWatcher(sent)
  for (const response of readStrictly(text)) watcher.hear(response)
  return watcher.end()
}

class SessionWatcher {
  readonly #waiting: SentCommand[]
  #messages: (number | undefined)[] | undefined
  #isBye = false
  /** Whether numbers may shift at any time (RFC 5465 section 5.3). */
  #isImmediate = false

  constructor(sent: readonly SentCommand[]) {
    this.#waiting = [...sent]
  }

  hear(response: StrictResponse): void {
    const { tag, name } = response
    if (tag !== '*' && tag !== '+') this.#answered(response)
    else if (name === 'BYE') this.#isBye = true
    else if (name === 'OK' && /^\* OK \[CLOSED\]/.test(response.text)) this.#messages = undefined
    else if (name === 'EXISTS') this.#exists(response)
    else if (name === 'EXPUNGE') this.#expunged(response)
    else if (name === 'VANISHED') this.#vanished(response)
    else if (name === 'FETCH') this.#fetched(response)
    else if (name === 'SEARCH' || name === 'SORT') this.#searched(response)
  }

  end(): SessionEnd {
    const [left] = this.#waiting
    if (left && !this.#isBye) throw new Error(`${left.tag} ${left.text} was not answered`)
    return { messages: this.#messages, isBye: this.#isBye }
  }

  get #command(): string {
    return this.#waiting[0]?.text ?? ''
  }

  #answered({ tag, name, text }: StrictResponse): void {
    if (/\[SERVERBUG\]/.test(text)) throw new Error(`a bug: ${text}`)
    if (!/^t\d+$/.test(tag)) return // the octets of a literal that was refused are commands
    if (this.#waiting[0]?.tag !== tag) throw new Error(`${tag} was answered out of its turn`)
    const { text: command } = this.#waiting.shift() ?? { text: '' }
    if (name === 'OK' && /^NOTIFY\b/i.test(command)) this.#isImmediate = /\(selected \(/i.test(command)
    if (name === 'OK' && /^(CLOSE|UNSELECT)\b/i.test(command)) this.#messages = undefined
    if (name === 'NO' && /^(SELECT|EXAMINE)\b/i.test(command)) this.#messages = undefined
  }

  #exists({ number = 0 }: StrictResponse): void {
    this.#messages ??= []
    if (number < this.#messages.length) throw new Error('EXISTS has taken messages away')
    while (this.#messages.length < number) this.#messages.push(undefined)
  }

  #expunged({ number = 0, text }: StrictResponse): void {
    this.#mayExpunge(text)
    if (!this.#messages || number < 1 || number > this.#messages.length) throw new Error(`${text} of nothing`)
    this.#messages.splice(number - 1, 1)
  }

  #vanished({ text }: StrictResponse): void {
    if (text.includes('(EARLIER)')) return
    this.#mayExpunge(text)
    for (const [first, last] of UidSet.parse(text.slice('* VANISHED '.length, -2))?.ranges ?? []) {
      for (let uid = first; uid <= last; uid++) this.#gone(uid)
    }
  }

  #gone(uid: number): void {
    const messages = this.#messages ?? []
    const known = messages.indexOf(uid)
    const above = messages.findIndex(other => other !== undefined && other > uid)
    const below = above === -1 ? messages : messages.slice(0, above)
    const index = known === -1 ? below.lastIndexOf(undefined) : known
    if (index === -1) throw new Error(`${uid} has vanished and was not there`)
    messages.splice(index, 1)
  }

  #mayExpunge(text: string): void {
    if (!this.#isImmediate && USES_NUMBERS.test(this.#command))
      throw new Error(`${text} came while ${this.#command} used numbers`)
  }

  #fetched({ number = 0, text }: StrictResponse): void {
    if (!this.#messages || number < 1 || number > this.#messages.length) throw new Error(`${text} of nothing`)
    const digits = /^\* \d+ FETCH \((?:FLAGS \([^)]*\) )?UID (\d+)/.exec(text)?.[1]
    if (digits === undefined) return
    const known = this.#messages[number - 1]
    if (known !== undefined && known !== Number(digits)) throw new Error(`${text} was ${known}`)
    this.#messages[number - 1] = Number(digits)
  }

  #searched({ text }: StrictResponse): void {
    if (/^UID /i.test(this.#command)) return
    const numbers = text.replace(/\(.*/, '').match(/\d+/g) ?? []
    const count = this.#messages?.length ?? 0
    if (numbers.some(number => Number(number) > count)) throw new Error(`${text} finds what is not there`)
  }
}
