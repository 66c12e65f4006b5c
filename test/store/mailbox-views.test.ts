import t, { type Test } from 'tap'
import { MessageNumbers } from '../../src/imap/message-numbers.ts'
import { packFlags } from '../../src/store/flags.ts'
import { changesOf } from '../../src/store/queries/mailbox-views.ts'
import { pick, randomSource } from '../support/model/random.ts'
import { ModelAccount } from '../support/model-account.ts'

const ALL_COLUMNS = [
  ...(['ids', 'bits', 'keywords', 'modseqs', 'sizes', 'internalDatesMs', 'savedDatesMs', 'wholes'] as const),
]

function viewOf(account: ModelAccount, path: string) {
  const { read } = account.store
  const { id } = read.getFolder(path)
  const snapshot = read.mailboxes.snapshot(id)
  if (!snapshot) throw new Error(`no ${path}`)
  return { id, ...snapshot }
}

t.test('a folder is counted and listed with numbers of its own', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two', 'three')
  await account.sync()
  const [one, two, three] = account.items('INBOX')
  await account.change({ kind: 'flag', items: [one?.id ?? 0], add: ['\\Seen'], remove: [] })
  await account.change({ kind: 'delete', items: [three?.id ?? 0], isPermanent: true })
  const { id, uids, firstUnseen, highestModseq, uidNext } = viewOf(account, 'INBOX')
  t.same([...uids], [one?.localUid, two?.localUid])
  t.equal(firstUnseen, two?.localUid)
  const counters = account.store.read.mailboxes.counters(id)
  const size = (one?.size ?? 0) + (two?.size ?? 0)
  t.match(counters, { messages: 2, unseen: 1, deleted: 0, size, highestModseq, uidNext })
  t.ok(uidNext > (three?.localUid ?? 0), 'a number is never given twice')
  t.equal(account.store.read.mailboxes.counters(99), undefined)
  t.equal(account.store.read.mailboxes.snapshot(99), undefined)
  t.equal(account.store.read.mailboxes.changes(99, 0), undefined)
})

t.test('what has changed since a mod-sequence is told, and nothing else', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two', 'three')
  await account.sync()
  const [one, two, three] = account.items('INBOX')
  const { id, highestModseq: before } = viewOf(account, 'INBOX')
  const { mailboxes } = account.store.read
  t.match(mailboxes.changes(id, before), { changed: { uids: [] }, vanished: { length: 0 }, highestModseq: before })
  await account.change({ kind: 'flag', items: [two?.id ?? 0], add: ['\\Flagged', '$Label1'], remove: [] })
  await account.change({ kind: 'move', items: [one?.id ?? 0], folder: 'Archive' })
  account.server.expunge('INBOX', three?.uid ?? 0)
  account.deliver('INBOX', 'four')
  await account.sync()
  const news = mailboxes.changes(id, before)
  const changes = news && changesOf(news)
  const four = account.items('INBOX').find(({ subject }) => subject === 'four')
  t.same(changes?.vanished, [one?.localUid, three?.localUid])
  t.same(
    changes?.changed.map(({ uid, flags }) => [uid, flags]),
    [
      [two?.localUid, packFlags(['\\Flagged', '$Label1'])],
      [four?.localUid, packFlags([])],
    ],
  )
  t.ok(changes?.changed.every(({ modseq }) => modseq > before && modseq <= changes.highestModseq))
})

t.test('a message that is there again after it was told to be gone has another number', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two')
  await account.sync()
  const { highestModseq, uids } = viewOf(account, 'INBOX')
  const [row] = account.items('INBOX')
  account.store.transact(transactor => transactor.vanish(row?.folder ?? 0, 1, 1))
  await account.sync() // the server has it all the time
  const view = viewOf(account, 'INBOX')
  const changes = account.store.read.mailboxes.changes(view.id, highestModseq)
  t.same(changes?.vanished, [uids[0]])
  t.equal(view.uids[0], uids[1])
  t.ok((view.uids[1] ?? 0) > (uids[1] ?? 0))
})

t.test('how far back it is remembered what is gone', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one')
  await account.sync()
  const { id, highestModseq } = viewOf(account, 'INBOX')
  account.store.database.exec(`UPDATE meta SET vanished_from = ${highestModseq + 2}`)
  const { mailboxes } = account.store.read
  t.equal(mailboxes.changes(id, highestModseq)?.vanished, undefined)
  t.same(mailboxes.changes(id, highestModseq + 1)?.vanished, [])
  t.equal(viewOf(account, 'INBOX').highestModseq, highestModseq + 1, 'and it never goes back')
})

/** A client that has a folder open and follows what it is told. */
class Follower {
  readonly #account: ModelAccount
  readonly #path: string
  #numbers: MessageNumbers
  #modseq: number
  #uidNext: number

  constructor(account: ModelAccount, path: string) {
    const { uids, highestModseq, uidNext } = viewOf(account, path)
    this.#account = account
    this.#path = path
    this.#numbers = new MessageNumbers(uids)
    this.#modseq = highestModseq
    this.#uidNext = uidNext
  }

  follow(t: Test, what: string): void {
    const view = viewOf(this.#account, this.#path)
    const changes = this.#account.store.read.mailboxes.changes(view.id, this.#modseq)
    if (!changes?.vanished) throw new Error('the folder is gone')
    const fresh = changes.changed.uids.filter(uid => this.#numbers.numberOf(uid) === undefined)
    if (fresh.some(uid => uid < this.#uidNext)) t.fail(`${what}: a new message is below UIDNEXT`)
    if (changes.highestModseq < this.#modseq || view.uidNext < this.#uidNext) t.fail(`${what}: a number went back`)
    this.#numbers.apply(changes.vanished, fresh)
    this.#modseq = changes.highestModseq
    this.#uidNext = view.uidNext
    const known = Array.from({ length: this.#numbers.count }, (_, index) => this.#numbers.uidAt(index + 1))
    if (known.join() !== [...view.uids].join()) t.fail(`${what}: client ${known} | store ${[...view.uids]}`)
  }
}

t.test('a client that follows all changes of both sides knows what is there, and sees numbers only rise', async t => {
  for (let seed = 1; seed <= 30; seed++) {
    using account = new ModelAccount()
    const random = randomSource(seed)
    account.deliver('INBOX', 'a', 'b', 'c')
    await account.sync()
    const followers = ['INBOX', 'Archive'].map(path => new Follower(account, path))
    for (let step = 0; step < 25; step++) {
      const what = await change(account, random, `s${step}`)
      for (const follower of followers) follower.follow(t, `seed ${seed}, step ${step}, ${what}`)
    }
  }
  t.ok(t.counts.fail === 0)
})

async function change(account: ModelAccount, random: () => number, subject: string): Promise<string> {
  const path = random() < 0.5 ? 'INBOX' : 'Archive'
  const other = path === 'INBOX' ? 'Archive' : 'INBOX'
  const items = pick(random, account.items(path))
  const uid = pick(random, [...account.server.folder(path).messages.keys()])
  const dice = random()
  if (dice < 0.35) await account.sync()
  else if (dice < 0.45) account.deliver(path, subject)
  else if (dice < 0.5) account.server.renumber(path)
  else if (dice < 0.6 && uid !== undefined) account.server.move(path, uid, other)
  else if (dice < 0.65 && uid !== undefined) account.server.expunge(path, uid)
  else if (dice < 0.7 && uid !== undefined) account.server.store(path, uid, ['\\Seen'], [])
  else if (!items) return 'nothing'
  else if (dice < 0.8) await account.change({ kind: 'move', items: [items.id], folder: other })
  else if (dice < 0.85) await account.change({ kind: 'copy', items: [items.id], folder: other })
  else if (dice < 0.9) await account.change({ kind: 'delete', items: [items.id], isPermanent: true })
  else await account.change({ kind: 'flag', items: [items.id], add: ['\\Flagged'], remove: [] })
  return `${dice.toFixed(2)} ${path}`
}

t.test('columns are what rows are, of messages that are near together and far apart', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', ...Array.from({ length: 40 }, (_, index) => `letter ${index}`))
  await account.sync()
  const [one, two, three] = account.items('INBOX')
  await account.change({ kind: 'flag', items: [two?.id ?? 0], add: ['\\Flagged', '$Label1'], remove: [] })
  await account.change({ kind: 'delete', items: [three?.id ?? 0], isPermanent: true })
  const { id, uids } = viewOf(account, 'INBOX')
  const { mailboxes } = account.store.read
  const gone = three?.localUid ?? 0
  for (const wanted of [[...uids], [one?.localUid ?? 0, two?.localUid ?? 0, gone, 38], [1, 39], [gone], [99], []]) {
    const columns = mailboxes.columns(id, Uint32Array.from(wanted), ALL_COLUMNS)
    const rows = columns.uids.map((uid, index) => ({
      ...{ uid, id: columns.ids[index], modseq: columns.modseqs[index], size: columns.sizes[index] },
      ...{ flags: { bits: columns.bits[index], keywords: columns.keywords[index] } },
      ...{ internalDateMs: columns.internalDatesMs[index], savedDateMs: columns.savedDatesMs[index] ?? undefined },
      bodyState: columns.wholes[index] === 1 ? 'full' : 'header',
    }))
    const items = mailboxes.items(id, Uint32Array.from(wanted)).map(({ location: _, ...item }) => item)
    t.same(rows, items, String(wanted))
    t.ok(wanted.length !== uids.length || rows.length === 39)
  }
})
