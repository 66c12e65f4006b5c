import fc from 'fast-check'
import t from 'tap'
import { decodeMailboxName, encodeMailboxName } from '../../src/formats/imap/mailbox-name.ts'
import { HostileAccount } from '../support/hostile-account.ts'

const octets = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

// Names as they are on the wire, an octet a character.
const NAMES: readonly string[] = [
  ...octets(1, 255).map(octet => `x${String.fromCharCode(octet)}y`),
  ...[
    '..',
    '../..',
    '.',
    '/',
    'a/../b',
    'CON',
    'a\\b',
    '"',
    '{5}',
    '{5+}',
    '*',
    '%',
    '()',
    'NIL',
    ' lead',
    'trail ',
    '~',
  ],
  ...['a\r\nX1 DELETE INBOX\r\n', 'a\r\n* BYE bye', '\x1b[2J', '&', '&-', '&AGE-', '&xx', '&AAo-', '&2AA-', '&9wA-'],
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'inbox ', 'INBOX.', 'Entw&APw-rfe', 'Entw\xc3\xbcrfe'],
  'n'.repeat(1000),
]

t.setTimeout(120_000)

t.test('a folder may have any name that IMAP allows, and keeps its messages apart', async t => {
  const account = await HostileAccount.start(t, '')
  for (const [index, name] of NAMES.entries()) account.imap.add(name, `m${index}`)
  t.equal(await account.sync(), 'ok')
  const { read } = account.here.store
  const paths = read.folders().map(({ path }) => path)
  t.equal(paths.length, NAMES.length + 2, 'as many folders here as there')
  for (const [index, name] of NAMES.entries()) {
    const path = decodeMailboxName(Buffer.from(name, 'latin1'))
    t.match(account.items(path), [new RegExp(` m${index}$`)], JSON.stringify(name))
    t.notMatch(path, /[\x00-\x1f\x7f]/, 'it can be shown')
  }
  // What is done here arrives under the same name.
  const inbox = read.getFolder('INBOX')
  const [item] = read.items(inbox.id)
  for (const name of ['&xx', 'a\r\n* BYE bye', 'Entw\xc3\xbcrfe', '"', 'x\xffy']) {
    const target = read.getFolder(decodeMailboxName(Buffer.from(name, 'latin1')))
    account.here.store.transact(({ local }) => void local.copy(item?.id ?? 0, target.id))
    t.equal(await account.sync(), 'ok')
    t.equal(account.imap.folder(name).messages.size, 2, JSON.stringify(name))
  }
  t.equal(account.imap.folder('INBOX').messages.size, 5, 'no name is taken for a command')
})

t.test('a name with NUL, or a separator that is none, is no danger', async t => {
  const account = await HostileAccount.start(t, '')
  const ends = await account.syncSpoiled((command, honest) =>
    command.startsWith('LIST')
      ? `* LIST () "ab" "x\x00y"\r\n* LIST () "" ""\r\n* LIST () NIL NIL\r\n${honest}`
      : undefined,
  )
  t.equal(ends, 'ok')
  t.same(
    account.here.store.read.folders().map(({ path }) => path),
    ['Archive', 'INBOX'],
  )
})

t.test('every name has a path of its own, and goes back to the same octets', async () => {
  const names = fc.array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(...Buffer.from('&-AGE,w+'))))
  fc.assert(
    fc.property(names, name => {
      const wire = Buffer.from(name)
      const isInbox = /^inbox$/i.test(wire.toString('latin1'))
      return isInbox || Buffer.from(encodeMailboxName(decodeMailboxName(wire)), 'latin1').equals(wire)
    }),
    { numRuns: 5000 },
  )
})
