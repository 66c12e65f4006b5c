import { Worker } from 'node:worker_threads'
import { entryPoint } from './entry-point.ts'

interface Numbered {
  readonly id: number
}

/** A worker of ours that answers requests by their id; started with the first one, and again after it has failed. */
export class WorkerClient<Request extends Numbered, Answer extends Numbered> implements AsyncDisposable {
  readonly #file: string
  readonly #name: string
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>()
  #worker: Worker | undefined

  /** `file` as {@link entryPoint} takes it. */
  constructor(file: string, name: string) {
    this.#file = file
    this.#name = name
  }

  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  /** Resolves with the answer of the same id; rejects when the worker ends before it. */
  ask(request: Request): Promise<Answer> {
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.set(request.id, waiting)
    this.#worker ??= this.#start()
    this.#worker.postMessage(request)
    return waiting.promise
  }

  /** Tells a worker that runs something it does not answer. */
  tell(message: object): void {
    this.#worker?.postMessage(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(entryPoint(this.#file), { name: this.#name })
    worker.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.resolve(answer)
      this.#waiting.delete(answer.id)
    })
    worker.on('error', error => this.#fail(worker, error))
    worker.on('exit', code => this.#fail(worker, new Error(`the ${this.#name} worker exited with ${code}`)))
    worker.unref()
    return worker
  }

  // An error is followed by an exit, when another worker may be at work already.
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
