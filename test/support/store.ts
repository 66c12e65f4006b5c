import { readFileSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Test } from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import type { DownloadRow } from '../../src/store/rows.ts'
import { Store } from '../../src/store/store.ts'

/** A clock that a test moves. */
export class TestClock {
  ms = Date.UTC(2026, 0, 1)
  readonly now = (): number => this.ms
}

/** What recognises messages by their Message-ID alone, where the server wins. */
export const RECOGNITION = { resolution: 'server', headerHashOf: () => Buffer.alloc(32) } as const

/** Opens a store in a folder of the test. */
export function openStore(dir: string, clock = new TestClock()): Store {
  return Store.open(dir, { clock: clock.now, log: pino({ level: 'silent' }) })
}

/** Opens a store with an INBOX of UIDVALIDITY 1 and gives its id. */
export function storeWithInbox(t: Test): { readonly store: Store; readonly inbox: number; readonly dir: string } {
  const dir = t.testdir()
  const store = openStore(dir)
  t.teardown(() => store[Symbol.dispose]())
  store.transact(transactor => transactor.ensureInbox())
  const inbox = store.read.getFolder('INBOX').id
  store.transact(transactor => transactor.setPosition(inbox, { uidValidity: 1, uidNext: 1, highestModseq: 1n }, true))
  return { store, inbox, dir }
}

/** A message of the server, as PLAN knows it. */
export function remoteMessage(uid: number, given: Partial<DownloadRow> = {}): DownloadRow {
  return {
    uid,
    flags: packFlags([]),
    size: 5,
    internalDateMs: 0,
    messageId: `<${uid}@x>`,
    emailId: undefined,
    ...given,
  }
}

/** Brings one message all the way into the store. */
export async function addItem(
  store: Store,
  folder: number,
  uid: number,
  body = 'hello',
  messageId = `<${uid}@x>`,
): Promise<void> {
  store.transact(transactor => transactor.incoming.enqueue(folder, 1, remoteMessage(uid)))
  await using writer = store.openPackWriter()
  writer.begin(body.length)
  writer.write(Buffer.from(body))
  const location = writer.end()
  const ends = await writer.sync()
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    transactor.incoming.stage(folder, 1, uid, location)
  })
  const staged = store.read.incoming.staged(folder, 100).find(row => row.uid === uid)
  if (!staged) throw new Error('nothing was staged')
  const digest = { sha256: Buffer.alloc(32), messageId, subject: 's', from: 'f', dateMs: 0 }
  store.transact(transactor => transactor.incoming.import(staged, digest))
}

/** Runs work that tells its progress to its end. */
export function finish<Result>(work: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** Flips a bit of a file. */
export function spoil(file: string, offset: number): void {
  const octets = readFileSync(file)
  octets[offset] = (octets[offset] ?? 0) ^ 1
  writeFileSync(file, octets)
}
