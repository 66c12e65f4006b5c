import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const SCRIPT_TIMEOUT_MS = 60_000

/** What a script has come to; scripts run in the program itself, with all of its rights. */
interface ScriptResult {
  readonly value: { readonly done: unknown } | { readonly failed: string }
}

/** The remote control of Mozilla's programs: JSON over TCP, each message behind its length in octets. */
export class Marionette implements Disposable {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #wake: () => void = () => undefined
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    const wake = () => this.#wake()
    socket.on('error', wake).on('close', wake)
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      wake()
    })
  }

  /** Connects to a program that listens and starts a session in its own context, not in that of a page. */
  static async connect(port: number): Promise<Marionette> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const marionette = new Marionette(socket)
    await marionette.#read() // the greeting
    await marionette.call('WebDriver:NewSession', {})
    await marionette.call('Marionette:SetContext', { value: 'chrome' })
    return marionette
  }

  /** Gives one command and resolves to its result. */
  async call(name: string, parameters: object): Promise<unknown> {
    const message = JSON.stringify([0, ++this.#lastId, name, parameters])
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`)
    const [, , error, result] = (await this.#read()) as [number, number, unknown, unknown]
    if (error) throw new Error(`${name}: ${JSON.stringify(error)}`)
    return result
  }

  /** Runs the body of an async function, which finds its arguments in `given`. */
  async run(body: string, given: readonly unknown[]): Promise<unknown> {
    const script = `const [given, resolve] = arguments
      const run = async () => { ${body} }
      run().then(done => resolve({ done }), error => resolve({ failed: error + error?.stack }))`
    const sandbox = { sandbox: 'system', newSandbox: true, scriptTimeout: SCRIPT_TIMEOUT_MS }
    const result = await this.call('WebDriver:ExecuteAsyncScript', { script, args: [given], ...sandbox })
    const { value } = result as ScriptResult
    if ('failed' in value) throw new Error(value.failed)
    return value.done
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  async #read(): Promise<unknown> {
    for (;;) {
      const colon = this.#received.indexOf(':')
      const end = colon + 1 + Number(this.#received.subarray(0, Math.max(colon, 0)))
      if (colon !== -1 && this.#received.length >= end) {
        const message = this.#received.subarray(colon + 1, end)
        this.#received = this.#received.subarray(end)
        return JSON.parse(message.toString())
      }
      if (this.#socket.destroyed) throw new Error('the program has ended the remote control')
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
