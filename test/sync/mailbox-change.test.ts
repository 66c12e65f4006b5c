import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { unpackFlags } from '../../src/store/flags.ts'
import type { MailboxChange, MailboxChangeResult } from '../../src/sync/local/mailbox-change.ts'
import { ModelAccount } from '../support/model-account.ts'

type Named<Change> = Change extends MailboxChange
  ? Omit<Change, 'folder' | 'to'> & { path: string; to?: string }
  : never

async function make(
  account: ModelAccount,
  { path, to, ...change }: Named<MailboxChange>,
): Promise<MailboxChangeResult> {
  const idOf = (name: string) => account.store.read.getFolder(name).id
  const target = to === undefined ? {} : { to: idOf(to) }
  // The names stand for ids, which the change has in their place.
  const { mailbox } = await account.change({ ...change, folder: idOf(path), ...target } as MailboxChange)
  if (!mailbox) throw new Error('no result')
  return mailbox
}

const uidsOf = (account: ModelAccount, path: string) =>
  Uint32Array.from(account.items(path), ({ localUid }) => localUid)
const flagsOf = (account: ModelAccount, path: string) =>
  account.items(path).map(({ flags }) => unpackFlags(flags).sort())

async function filled(...subjects: readonly string[]): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', ...subjects)
  await account.sync()
  return account
}

t.test('flags are added, removed and replaced, and reach the server', async t => {
  using account = await filled('one', 'two')
  const uids = uidsOf(account, 'INBOX')
  const store = { kind: 'mailboxFlags', path: 'INBOX', unchangedSince: undefined } as const
  await make(account, { ...store, uids, action: 'add', flags: ['\\Seen', '$Label1'] })
  await make(account, { ...store, uids: uids.subarray(0, 1), action: 'remove', flags: ['$Label1'] })
  await make(account, { ...store, uids: uids.subarray(1), action: 'replace', flags: ['\\Flagged'] })
  t.same(flagsOf(account, 'INBOX'), [['\\Seen'], ['\\Flagged']])
  await account.sync()
  const there = [...account.server.folder('INBOX').messages.values()].map(({ flags }) => [...flags])
  t.same(there, [['\\Seen'], ['\\Flagged']])
})

t.test('what was set already is no news', async t => {
  using account = await filled('one')
  const { id } = account.store.read.getFolder('INBOX')
  const change = { kind: 'mailboxFlags', path: 'INBOX', unchangedSince: undefined, action: 'add' } as const
  await make(account, { ...change, uids: uidsOf(account, 'INBOX'), flags: ['\\Seen'] })
  const { modseq } = account.store.read.mailboxes.news(0)
  await make(account, { ...change, uids: uidsOf(account, 'INBOX'), flags: ['\\Seen'] })
  t.same(account.store.read.mailboxes.news(modseq).folders, [])
  t.equal(account.store.read.mailboxes.counters(id)?.unseen, 0)
})

t.test('a message that has changed since is left alone', async t => {
  using account = await filled('one', 'two')
  const uids = uidsOf(account, 'INBOX')
  const store = { kind: 'mailboxFlags', path: 'INBOX', action: 'add' } as const
  const unchangedSince = account.store.read.mailboxes.news(0).modseq
  await make(account, { ...store, uids: uids.subarray(0, 1), flags: ['\\Seen'], unchangedSince: undefined })
  const { modified } = await make(account, { ...store, uids, flags: ['\\Flagged'], unchangedSince })
  t.same(modified, [uids[0]])
  t.same(flagsOf(account, 'INBOX'), [['\\Seen'], ['\\Flagged']])
})

t.test('copies and moves tell the new numbers', async t => {
  using account = await filled('one', 'two', 'three')
  const uids = uidsOf(account, 'INBOX')
  const copied = await make(account, { kind: 'mailboxCopy', path: 'INBOX', uids: uids.subarray(0, 2), to: 'Archive' })
  t.same(copied.from, [...uids.subarray(0, 2)])
  t.same(copied.to, [...uidsOf(account, 'Archive')])
  t.equal(copied.uidValidity, account.store.read.mailboxes.uidValidity(account.store.read.getFolder('Archive').id))
  const wanted = Uint32Array.of(uids[2] ?? 0, 999)
  const moved = await make(account, { kind: 'mailboxMove', path: 'INBOX', uids: wanted, to: 'Archive' })
  t.same(moved.from, [uids[2]], 'what is gone is left out')
  t.same(account.subjects('Archive'), ['one', 'two', 'three'])
  const nowhere = await make(account, {
    kind: 'mailboxMove',
    path: 'INBOX',
    uids: uidsOf(account, 'INBOX'),
    to: 'INBOX',
  })
  t.same([nowhere.from, nowhere.to], [[], []], 'a move to where they are')
  await account.sync()
  await account.sync()
  t.same(account.serverSubjects('Archive').sort(), ['one', 'three', 'two'])
  t.same(account.serverSubjects('INBOX').sort(), ['one', 'two'])
})

t.test('of copies all are made or none', async t => {
  using account = await filled(...Array.from({ length: 600 }, (_, index) => `m${index}`))
  const uids = uidsOf(account, 'INBOX')
  const last = account.items('INBOX').at(-1)?.id ?? 0
  account.store.database.run(`UPDATE item SET body_state = 'header' WHERE id = ?`, last)
  const change = { kind: 'mailboxCopy', path: 'INBOX', uids, to: 'Archive' } as const
  await t.rejects(make(account, change), { code: 'STORE_HEADER_ONLY' })
  t.equal(account.items('Archive').length, 0)
  await account.sync()
  t.same(account.serverSubjects('Archive'), [])
})

t.test('only what is \\Deleted is expunged, and not put into the Trash', async t => {
  using account = await filled('one', 'two')
  account.server.create('Trash')
  await account.sync()
  const uids = uidsOf(account, 'INBOX')
  const flags = { kind: 'mailboxFlags', path: 'INBOX', action: 'add', unchangedSince: undefined } as const
  await make(account, { ...flags, uids: uids.subarray(0, 1), flags: ['\\Deleted'] })
  await make(account, { kind: 'mailboxExpunge', path: 'INBOX', uids })
  t.same(account.subjects('INBOX'), ['two'])
  await account.sync()
  t.same(account.serverSubjects('INBOX'), ['two'])
  t.same(account.serverSubjects('Trash'), [])
})

t.test('what is appended is kept octet by octet, all of it or nothing', async t => {
  using account = await filled('one')
  const dir = mkdtempSync(join(tmpdir(), 'postern-append-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const texts = ['Subject: bare\n\nline\nfeeds\n', 'no header at all', '']
  const messages = texts.map((text, index) => {
    const file = join(dir, String(index))
    writeFileSync(file, text)
    const content = index === 1 ? { octets: Buffer.from(text) } : { file }
    return { content, flags: ['\\Seen'], internalDateMs: 1_000_000_000_000 }
  })
  const { to } = await make(account, { kind: 'mailboxAppend', path: 'INBOX', messages })
  t.same(to, [...uidsOf(account, 'INBOX')].slice(1))
  const kept = account.items('INBOX').slice(1)
  t.same(
    kept.map(({ location }) => Buffer.concat([...account.store.read.body(location)]).toString()),
    texts,
  )
  t.ok(kept.every(({ internalDateMs }) => internalDateMs === 1_000_000_000_000))
  writeFileSync(join(dir, 'nul'), 'Subject: a\0b\r\n\r\n')
  for (const content of [{ file: join(dir, 'nul') }, { octets: Buffer.from('a\0b') }]) {
    const bad = { content, flags: [], internalDateMs: 0 }
    await t.rejects(make(account, { kind: 'mailboxAppend', path: 'INBOX', messages: [...messages, bad] }), {
      code: 'SYNC_NOT_A_MESSAGE',
    })
  }
  t.equal(account.items('INBOX').length, 4)
})

t.test('a folder is subscribed to here alone', async t => {
  using account = await filled('one')
  const listed = () => account.store.read.mailboxes.folders().map(({ path, isSubscribed }) => [path, isSubscribed])
  await make(account, { kind: 'mailboxSubscribe', path: 'Archive', isSubscribed: false })
  t.same(listed(), [
    ['Archive', false],
    ['INBOX', true],
  ])
  const before = account.store.read.mailboxes.news(0).listing
  await make(account, { kind: 'mailboxSubscribe', path: 'Archive', isSubscribed: true })
  t.not(account.store.read.mailboxes.news(0).listing, before)
})
