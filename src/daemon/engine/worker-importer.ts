import { join } from 'node:path'
import { PACKS_DIR } from '../../store/packs/pack-format.ts'
import type { Importer, ImportOutcome } from '../../sync/download/importer.ts'
import { WorkerClient } from '../worker-client.ts'
import type { DigestRequest, ForgetRequest } from './import-worker.ts'

interface DigestAnswer {
  readonly id: number
  readonly outcomes: readonly ImportOutcome[]
}

/** The import worker of an engine process; started with its first batch. */
export class ImportWorker implements AsyncDisposable {
  readonly #worker = new WorkerClient<DigestRequest, DigestAnswer>('engine/import-worker', 'import')
  #id = 0

  /** Makes an importer for the store in `storeDir`. */
  importerFor(storeDir: string): Importer {
    const packsDir = join(storeDir, PACKS_DIR)
    return {
      digest: async rows => {
        const { outcomes } = await this.#worker.ask({ id: ++this.#id, packsDir, rows })
        return outcomes.map(restore)
      },
    }
  }

  /** Closes the packs of a store that are open for reading. */
  forget(storeDir: string): void {
    this.#worker.tell({ forget: join(storeDir, PACKS_DIR) } satisfies ForgetRequest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]()
  }
}

// Digests cross the border as plain octets.
function restore(outcome: ImportOutcome): ImportOutcome {
  if (outcome.kind === 'failed') return outcome
  return { kind: 'digest', digest: { ...outcome.digest, sha256: Buffer.from(outcome.digest.sha256) } }
}
