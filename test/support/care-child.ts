import process from 'node:process'
import { pino } from 'pino'
import { runStoreTask, type StoreTask } from '../../src/daemon/engine/store-tasks.ts'
import { Store } from '../../src/store/store.ts'

// A process that looks after a store, to be killed at any instruction: its folder, then tasks as JSON.
const [storeDir = '', ...tasks] = process.argv.slice(2)
const log = pino({ level: 'silent' })
let store: Store | undefined
const context = {
  ...{ storeDir, log, signal: new AbortController().signal, onProgress: () => undefined },
  open: () => (store ??= Store.open(storeDir, { clock: Date.now, log })),
  close: () => {
    store?.[Symbol.dispose]()
    store = undefined
  },
}
process.stdout.write('begins\n')
for (const task of tasks) await runStoreTask(JSON.parse(task) as StoreTask, context) // written by the test
context.close()
process.stdout.write('is done\n')
