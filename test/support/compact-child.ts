import process from 'node:process'
import { pino } from 'pino'
import { compactStore, removeRetired } from '../../src/store/maintenance/compact-store.ts'
import { Store } from '../../src/store/store.ts'

// A process that compacts a store, to be killed at any instruction.
const store = Store.open(process.argv[2] ?? '', { clock: Date.now, log: pino({ level: 'silent' }) })
process.stdout.write('begins\n')
const { signal } = new AbortController()
const options = { isDryRun: false, isAutomatic: false, clock: Date.now, signal, onProgress: () => undefined }
await compactStore(store, options)
removeRetired(store, Date.now(), 0)
store[Symbol.dispose]()
process.stdout.write('is done\n')
