import type { SieveCapabilities } from './capabilities.ts'
import { type CommandWord, text } from './command-line.ts'
import type { SieveConnection } from './connection.ts'
import { failures } from './failures.ts'
import { type SieveLine, SieveSyntaxError, stringOf } from './response-line.ts'
import { scriptRefusal } from './script-refusal.ts'

/** A script that is on the server. */
export interface ListedScript {
  readonly name: string
  /** Whether it is the one that is run. */
  readonly isActive: boolean
}

/** How a script was taken. */
export interface TakenScript {
  /** What the server would have done otherwise, in its words; undefined when it found nothing. */
  readonly warnings: string | undefined
}

interface ScriptQuestion {
  readonly name: string
  /** Whether a refusal without a code is about the script's text. */
  readonly isText?: boolean
}

/**
 * The scripts of an account, on a signed-in connection (RFC 5804 section 2). To be ended soon: Cyrus lets in no other session
 * of the user meanwhile. Every method may throw what
 * {@link SieveConnection.command} does, and UPSTREAM_REFUSED; those with a script's name UPSTREAM_SCRIPT_… too.
 */
export class SieveSession implements Disposable {
  readonly #connection: SieveConnection
  readonly #signal: AbortSignal

  /** The signal ends the connection. */
  constructor(connection: SieveConnection, signal: AbortSignal) {
    this.#connection = connection
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.#onAbort()
  }

  get where(): string {
    return this.#connection.where
  }

  get capabilities(): SieveCapabilities {
    return this.#connection.capabilities
  }

  /** Lists the scripts, in the server's order. */
  async listScripts(): Promise<readonly ListedScript[]> {
    const { lines } = await this.#ask(['LISTSCRIPTS'])
    return lines.map(({ values }) => {
      const [name, mark] = values
      return {
        name: this.#assertString(name),
        isActive: mark?.kind === 'atom' && mark.text.toUpperCase() === 'ACTIVE',
      }
    })
  }

  /** Reads a script: the octets that were put. */
  async getScript(name: string): Promise<Buffer> {
    const { lines } = await this.#ask(['GETSCRIPT', text(name)], { name })
    const [script, ...more] = lines.flatMap(({ values }) => values)
    if (script?.kind === 'string' && more.length === 0) return script.octets
    throw this.#malformed('it gives no script')
  }

  /**
   * Stores a script under its name, in place of one that is there; the server looks whether it can be run. NOTE: Cyrus 3.6
   * takes a name beyond ASCII, and does not find it again.
   */
  async putScript(name: string, script: Buffer): Promise<TakenScript> {
    return warningsOf(await this.#ask(['PUTSCRIPT', text(name), script], { name, isText: true }))
  }

  /** Lets the server look whether a script can be run, and stores nothing; `name` is for messages. */
  async checkScript(name: string, script: Buffer): Promise<TakenScript> {
    return warningsOf(await this.#ask(['CHECKSCRIPT', script], { name, isText: true }))
  }

  /** Asks whether a script of this size can be stored under this name, and stores nothing. */
  async assertSpace(name: string, octets: number): Promise<void> {
    await this.#ask(['HAVESPACE', text(name), String(octets)], { name })
  }

  /** Makes a script the one that is run, in place of any other; undefined: none is. */
  async setActive(name: string | undefined): Promise<void> {
    await this.#ask(['SETACTIVE', text(name ?? '')], { name: name ?? '' })
  }

  async deleteScript(name: string): Promise<void> {
    await this.#ask(['DELETESCRIPT', text(name)], { name })
  }

  /** Renames a script; an active one stays active. */
  async renameScript(name: string, newName: string): Promise<void> {
    const { completion } = await this.#connection.command(['RENAMESCRIPT', text(name), text(newName)])
    if (completion.status === 'OK') return
    const meant = completion.code?.name === 'ALREADYEXISTS' ? newName : name
    throw scriptRefusal(this.where, completion, { name: meant, isText: false })
  }

  /** Proves that the connection is alive. */
  async noop(): Promise<void> {
    await this.#ask(['NOOP'])
  }

  /** Signs out; nobody waits for the server's goodbye. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#connection.logout()
  }

  async #ask(words: readonly CommandWord[], question?: ScriptQuestion) {
    const answer = await this.#connection.command(words)
    const { completion } = answer
    if (completion.status === 'OK') return answer
    if (!question) throw failures.refused(this.where, completion)
    throw scriptRefusal(this.where, completion, { isText: false, ...question })
  }

  #assertString(value: SieveLine['values'][number] | undefined): string {
    const found = stringOf(value)
    if (found !== undefined) return found
    throw this.#malformed('it lists a script without a name')
  }

  #malformed(why: string): unknown {
    const error = failures.malformed(this.where, new SieveSyntaxError(why))
    this.#connection.destroy(error)
    return error
  }

  readonly #onAbort = () => this.#connection.destroy(this.#signal.reason)
}

function warningsOf({ completion }: Awaited<ReturnType<SieveConnection['command']>>): TakenScript {
  return { warnings: completion.code?.name === 'WARNINGS' ? completion.text : undefined }
}
