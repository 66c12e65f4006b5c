import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PACKS_DIR } from '../../store/packs/pack-format.ts'
import type { Importer, ImportOutcome } from '../../sync/download/importer.ts'
import { entryPoint } from '../entry-point.ts'
import type { DigestRequest, ForgetRequest } from './import-worker.ts'

interface DigestAnswer {
  readonly id: number
  readonly outcomes: readonly ImportOutcome[]
}

/** The import worker of an engine process; started with its first batch. */
export class ImportWorker implements AsyncDisposable {
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly ImportOutcome[]>>()
  #worker: Worker | undefined
  #id = 0

  /** Makes an importer for the store in `storeDir`. */
  importerFor(storeDir: string): Importer {
    const packsDir = join(storeDir, PACKS_DIR)
    return { digest: rows => this.#digest({ id: ++this.#id, packsDir, rows }) }
  }

  /** Closes the packs of a store that are open for reading. */
  forget(storeDir: string): void {
    const request: ForgetRequest = { forget: join(storeDir, PACKS_DIR) }
    this.#worker?.postMessage(request)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #digest(request: DigestRequest): Promise<readonly ImportOutcome[]> {
    const waiting = Promise.withResolvers<readonly ImportOutcome[]>()
    this.#waiting.set(request.id, waiting)
    this.#started().postMessage(request)
    return waiting.promise
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(entryPoint('engine/import-worker'), { name: 'import' })
    worker.on('message', ({ id, outcomes }: DigestAnswer) => {
      // Digests cross the border as plain octets.
      this.#waiting.get(id)?.resolve(outcomes.map(restore))
      this.#waiting.delete(id)
    })
    worker.on('error', error => this.#fail(worker, error))
    worker.on('exit', code => this.#fail(worker, new Error(`the import worker exited with ${code}`)))
    worker.unref()
    this.#worker = worker
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

function restore(outcome: ImportOutcome): ImportOutcome {
  if (outcome.kind === 'failed') return outcome
  return { kind: 'digest', digest: { ...outcome.digest, sha256: Buffer.from(outcome.digest.sha256) } }
}
