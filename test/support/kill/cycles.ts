import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { PACKS_DIR } from '../../../src/store/packs/pack-format.ts'
import { PackReader } from '../../../src/store/packs/pack-reader.ts'
import type { StagedRow } from '../../../src/store/rows.ts'
import type { Store } from '../../../src/store/store.ts'
import { digestBody } from '../../../src/sync/download/digest.ts'
import { SyncEngine } from '../../../src/sync/engine.ts'
import type { SyncResult } from '../../../src/sync/progress.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../../src/sync/settings.ts'
import { connectImap } from '../../../src/upstream/imap/client.ts'
import { DOVECOT_PASSWORD } from '../dovecot.ts'

/** Whose mail is synchronized, and where to. */
export interface Mailbox {
  readonly port: number
  readonly user: string
  readonly storeDir: string
  /** What of the settings is not as it comes. */
  readonly settings: Pick<SyncSettings, 'conflictResolution' | 'fullSyncThreshold'>
}

/** What the engine is run with. */
export interface EngineParts {
  readonly store: Store
  readonly clock: () => number
  /** Stands between the engine and the network; plain sockets as they are when absent. */
  readonly wrap?: ((socket: Socket) => Socket) | undefined
}

export const SILENT = pino({ level: 'silent' })

/** Makes the real engine over the real IMAP client; each call of the result runs one cycle. */
export function makeEngine({ port, user, storeDir, settings }: Mailbox, { store, clock, wrap }: EngineParts) {
  const packs = new PackReader(join(storeDir, PACKS_DIR))
  const account = {
    peer: { host: '127.0.0.1', port },
    // The verifier is where a socket may be replaced; there is no TLS on this one.
    security: wrap ? ('tls' as const) : ('none' as const),
    credentials: async () => ({ user, password: DOVECOT_PASSWORD }),
  }
  const verifier = { secure: async (socket: Socket) => (wrap?.(socket) ?? socket) as TLSSocket }
  const engine = new SyncEngine({
    store,
    settings: { ...DEFAULT_SYNC_SETTINGS, ...settings },
    connect: signal => connectImap(account, { verifier, log: SILENT, clientVersion: '0' }, signal),
    importer: { digest: async (rows: readonly StagedRow[]) => rows.map(row => digestBody(packs, row)) },
    log: SILENT,
    clock,
  })
  const { signal } = new AbortController()
  return (): Promise<SyncResult> =>
    engine.run({ folders: [], scope: 'all', structure: 'also', onEvent: () => undefined, signal })
}
