// How long a SEARCH for a text takes with the index and without, and what making the index costs.
//   node_modules/.bin/node bench/search.ts [messages]
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SearchKey } from '../src/formats/imap/command/arguments/search-key.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { SearchStore } from '../test/support/search-store.ts'

const MESSAGES = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 500
const INDEX_MS = 200 // of work at once, as a worker would do it

const dir = mkdtempSync(join(tmpdir(), 'postern-bench-search-'))
try {
  const maildir = join(dir, 'maildir')
  const octets = generateMaildir(maildir, { messages: MESSAGES, seed: 1 })
  using made = new SearchStore(join(dir, 'store'), { maxMs: Number.POSITIVE_INFINITY })
  const files = readdirSync(join(maildir, 'cur')).sort()
  const messages = files.map(file => join(maildir, 'cur', file))
  for (let at = 0; at < messages.length; at += AT_ONCE) {
    const some = messages.slice(at, at + AT_ONCE)
    await made.add(...some.map((file, index) => ({ octets: readFileSync(file), internalDateMs: (at + index) * 1000 })))
  }
  console.log(`${MESSAGES} messages, ${megabytes(octets)} MB`)
  const keys = keysOf(readFileSync(messages[Math.floor(MESSAGES / 2)] ?? '', 'latin1'))
  const scanned = keys.map(([, key]) => timed(made, key))
  index(made)
  for (const [place, [name, key]] of keys.entries()) {
    timed(made, key)
    const [before, after] = [scanned[place], timed(made, key)]
    if (before?.count !== after.count)
      throw new Error(`${name}: ${before?.count} without, ${after.count} with the index`)
    const ratio = (before.ms / after.ms).toFixed(0)
    console.log(
      `${name}: ${after.count} found, scanning ${before.ms.toFixed(0)} ms, indexed ${after.ms.toFixed(1)} ms, ratio ${ratio}`,
    )
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function keysOf(message: string): [name: string, key: SearchKey][] {
  const line = message.slice(message.indexOf('\n\n') + 2).split('\n')[5] ?? ''
  const word = line.split(' ').find(word => word.length > 7) ?? line.slice(0, 8)
  return [
    ['TEXT, two words', { kind: 'text', text: line.slice(0, 24) }],
    ['TEXT, one word', { kind: 'text', text: word }],
    ['TEXT, nowhere', { kind: 'text', text: 'Donaudampfschiff' }],
    ['TEXT, everywhere', { kind: 'text', text: 'generated' }],
    ['BODY, two letters', { kind: 'body', text: 'qz' }],
    ['SUBJECT, umlauts', { kind: 'subject', text: 'zpráva č. 77' }],
    ['FROM', { kind: 'address', field: 'from', text: 'adéla 7' }],
    ['HEADER Message-ID', { kind: 'header', field: 'Message-ID', text: '<1.77@generated.example>' }],
  ]
}

function timed(made: SearchStore, key: SearchKey) {
  const { uids } = made
  const start = performance.now()
  const found = made.reader.search(made.inbox, uids, key, 0)
  return { ms: performance.now() - start, count: found.length }
}

function index(made: SearchStore): void {
  const start = performance.now()
  let longest = 0
  for (let left = 1; left > 0; ) {
    const from = performance.now()
    left = made.index.indexSome(made.store.read, { items: Number.POSITIVE_INFINITY, ms: INDEX_MS })
    longest = Math.max(longest, performance.now() - from)
  }
  const ms = performance.now() - start
  const file = join(made.dir, 'search.sqlite')
  const size = [file, `${file}-wal`].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  const rate = (MESSAGES / ms) * 1000
  console.log(
    `index: ${(ms / 1000).toFixed(1)} s (${rate.toFixed(0)} messages a second), ${megabytes(size)} MB, longest step of ${INDEX_MS} ms: ${longest.toFixed(0)} ms`,
  )
}

function megabytes(octets: number): string {
  return (octets / 1e6).toFixed(1)
}
