import { parentPort } from 'node:worker_threads'
import { PackReader } from '../../store/packs/pack-reader.ts'
import type { StagedRow } from '../../store/rows.ts'
import { digestBody } from '../../sync/download/digest.ts'

/** A batch of staged bodies of one store. */
export interface DigestRequest {
  readonly id: number
  readonly packsDir: string
  readonly rows: readonly StagedRow[]
}

/** Lets go of a store's packs: others may have their names soon. */
export interface ForgetRequest {
  readonly forget: string
}

const readers = new Map<string, PackReader>()

parentPort?.on('message', (request: DigestRequest | ForgetRequest) => {
  if ('forget' in request) {
    readers.get(request.forget)?.close()
    readers.delete(request.forget)
    return
  }
  const { id, packsDir, rows } = request
  const packs = readers.get(packsDir) ?? new PackReader(packsDir)
  readers.set(packsDir, packs)
  parentPort?.postMessage({ id, outcomes: rows.map(row => digestBody(packs, row)) })
})
