import fc from 'fast-check'
import t from 'tap'
import { UidSet } from '../../src/formats/imap/uid-set.ts'
import { packFlags, unpackFlags } from '../../src/store/flags.ts'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount } from '../support/imap/front.ts'
import { MemoryAccount } from '../support/imap/memory-account.ts'
import type { MemoryMailbox } from '../support/imap/memory-mailbox.ts'
import { spelled } from '../support/imap/model-client.ts'

/** What a client has kept of a mailbox since the last time. */
interface Cache {
  readonly flags: Map<number, string>
  modseq: string
}

/** How it asks for what has changed since (RFC 7162 sections 3.2.5 and 3.2.6). */
type Way = 'modseq alone' | 'known UIDs' | 'known UIDs and a match' | 'UID FETCH'

const FLAGS = ['\\Seen', '\\Flagged', 'work']
const change = fc.record({
  what: fc.constantFrom('put', 'put', 'flag', 'remove', 'remove', 'forget'),
  at: fc.nat(30),
  flags: fc.subarray(FLAGS),
})
const ways = fc.constantFrom<Way>('modseq alone', 'known UIDs', 'known UIDs and a match', 'UID FETCH')
const visits = fc.array(fc.record({ way: ways, changes: fc.array(change, { maxLength: 10 }) }), { maxLength: 5 })

t.test('a client that comes back is told exactly what has changed, however it asks', async t => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8), visits, async (count, visits) => {
      const account = new MemoryAccount()
      const inbox = account.add('INBOX', 'inbox')
      for (let made = 0; made < count; made++) inbox.put()
      const cache: Cache = { flags: new Map(), modseq: '1' }
      for (const { way, changes } of [{ way: 'UID FETCH' as const, changes: [] }, ...visits]) {
        for (const { what, at, flags } of changes) apply(inbox, what, at, flags)
        const client = await ImapClient.signedIn(serveAccount(account))
        await client.command('ENABLE QRESYNC')
        await visit(client, cache, way)
        await client.end()
        t.same([...cache.flags].toSorted(byUid), shown(inbox), way)
      }
    }),
    { numRuns: 300 },
  )
})

async function visit(client: ImapClient, cache: Cache, way: Way): Promise<void> {
  const since = cache.modseq
  const uids = [...cache.flags.keys()].toSorted((left, right) => left - right)
  const known = uids.length === 0 || way === 'modseq alone' ? '' : ` ${UidSet.of(uids)}`
  const match = way === 'known UIDs and a match' && known !== '' ? ` (1:${uids.length}${known})` : ''
  const parameter = way === 'UID FETCH' ? '' : ` (QRESYNC (7 ${since}${known}${match}))`
  hear(await client.command(`SELECT INBOX${parameter}`), cache)
  if (way === 'UID FETCH') hear(await client.command(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${since} VANISHED)`), cache)
  // What is new is not among the known UIDs.
  hear(await client.command(`UID FETCH ${(uids.at(-1) ?? 0) + 1}:* (FLAGS)`), cache)
}

function hear(text: string, cache: Cache): void {
  for (const line of text.split('\r\n')) {
    if (/^\S+ (NO|BAD)/.test(line)) throw new Error(`the server says ${line}`)
    const gone = /^\* VANISHED \(EARLIER\) (\S+)$/.exec(line)?.[1]
    for (const [first, last] of UidSet.parse(gone ?? '')?.ranges ?? []) {
      for (let uid = first; uid <= last; uid++) cache.flags.delete(uid)
    }
    const fetched = /FETCH \(UID (\d+) FLAGS \(([^)]*)\)/.exec(line)
    if (fetched) cache.flags.set(Number(fetched[1]), spelled((fetched[2] ?? '').split(' ')))
  }
  cache.modseq = /\[HIGHESTMODSEQ (\d+)\]/.exec(text)?.[1] ?? cache.modseq
}

function apply(inbox: MemoryMailbox, what: string, at: number, flags: readonly string[]): void {
  const uids = [...inbox.messages.keys()]
  const uid = uids[at % uids.length] ?? 0
  if (what === 'put') inbox.put({ flags })
  else if (what === 'flag') inbox.setFlags(uid, packFlags(flags))
  else if (what === 'remove') inbox.remove(uid)
  else inbox.forget()
}

function byUid([left]: readonly [number, string], [right]: readonly [number, string]): number {
  return left - right
}

function shown({ messages }: MemoryMailbox): [number, string][] {
  return Array.from(messages.values(), ({ uid, flags }) => [uid, spelled(unpackFlags(flags))])
}
