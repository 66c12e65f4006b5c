import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { startDelayProxy } from '../support/delay-proxy.ts'
import { measureImapflow } from '../support/imapflow.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, printRatio, printTime } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USERS = ['ada@example.test', 'bob@example.test', 'cid@example.test', 'dot@example.test'] as const
const MESSAGE_OCTETS = 4000

/** New messages, brought to the server over a slow network. */
export async function upload({ uploads, rounds, roundTripMs }: Sizes): Promise<void> {
  await using dovecot = await startDovecot({ users: USERS })
  await using proxy = await startDelayProxy(dovecot.imapPort, roundTripMs)
  const [ada, bob, cid, dot] = USERS
  const { port } = proxy
  await using postern = await PosternPeer.make({ user: ada, port })
  using mbsync = new Mbsync({ user: bob, port, isDurable: true, sync: 'All' })
  using relaxed = new Mbsync({ user: dot, port, isDurable: false, sync: 'All' })
  await postern.start()
  await Promise.all([postern.sync(), mbsync.run(), relaxed.run()])
  let seed = 1
  const times = await interleave(rounds, {
    postern: async () => {
      using letters = new Letters(uploads, seed++)
      for (const file of letters.files) await postern.call('item.add', { folder: 'INBOX', file, flags: ['\\Seen'] })
      return await postern.sync()
    },
    mbsync: async () => {
      using letters = new Letters(uploads, seed++)
      letters.deliver(mbsync.inbox)
      return await mbsync.run()
    },
    relaxed: async () => {
      using letters = new Letters(uploads, seed++)
      letters.deliver(relaxed.inbox)
      return await relaxed.run()
    },
    imapflow: async () => {
      using letters = new Letters(uploads, seed++)
      const octets = letters.files.map(file => readFileSync(file))
      return await measureImapflow(cid, port, async client => {
        for (const each of octets) await client.append('INBOX', each, ['\\Seen'])
      })
    },
  })
  console.log(`${uploads} new messages of ${MESSAGE_OCTETS} octets uploaded at ${roundTripMs} ms RTT, sign-in and all`)
  printTime('postern, inside the daemon', times.postern)
  printTime('mbsync, a process', times.mbsync)
  printTime('mbsync, a process, FSync no', times.relaxed)
  printTime('imapflow, APPENDs', times.imapflow)
  printRatio('mbsync', times.postern, times.mbsync, 1)
  printRatio('mbsync FSync no', times.postern, times.relaxed, 1)
  printRatio('imapflow', times.postern, times.imapflow, 1)
  console.log(`  inside the daemon: ${times.postern.seconds < 0.5 ? 'under' : 'OVER'} the limit of 500 ms`)
}

/** Files with new messages. */
class Letters implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'postern-letters-'))
  readonly files: readonly string[]

  constructor(messages: number, seed: number) {
    generateMaildir(this.#dir, { messages, seed, octets: MESSAGE_OCTETS })
    const folder = join(this.#dir, 'cur')
    this.files = readdirSync(folder).map(name => join(folder, name))
  }

  /** Puts them into a Maildir. */
  deliver(maildir: string): void {
    for (const [index, file] of this.files.entries()) {
      writeFileSync(join(maildir, 'new', `${Date.now()}.M${index}.bench`), readFileSync(file))
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
