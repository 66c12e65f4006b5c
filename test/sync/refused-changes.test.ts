import t from 'tap'
import { explain } from '../../src/daemon/reading/story.ts'
import { PosternError } from '../../src/errors.ts'
import type { UidSet } from '../../src/formats/imap/uid-set.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelAccount } from '../support/model-account.ts'

const MESSAGES = 40

/** An account with messages 1 to 40, of which the server refuses to change what the rule names, with its words. */
async function refusing(rule: (uids: UidSet) => string | undefined): Promise<ModelAccount & { commands: UidSet[] }> {
  const account = Object.assign(new ModelAccount(), { commands: [] as UidSet[] })
  account.deliver('INBOX', ...Array.from({ length: MESSAGES }, (_, index) => `m${index + 1}`))
  account.deliver('Archive', 'other')
  await account.sync()
  const { select } = ModelRemote.prototype
  account.connected = remote => {
    remote.select = async path => {
      const folder = await select.call(remote, path)
      const refuse = async (uids: UidSet) => {
        account.commands.push(uids)
        const why = path === 'INBOX' ? rule(uids) : undefined
        if (why !== undefined) throw refusal(why)
      }
      const { storeFlags, expunge } = folder
      folder.storeFlags = async (uids, change) => refuse(uids).then(() => storeFlags.call(folder, uids, change))
      folder.expunge = async uids => refuse(uids).then(() => expunge.call(folder, uids))
      return folder
    }
    return remote
  }
  return account
}

function refusal(why: string): PosternError {
  const [, name] = /^\[(\w+)\]/.exec(why) ?? []
  const cause = name === undefined ? undefined : { code: { name } }
  return new PosternError('UPSTREAM_REFUSED', `model refused: NO ${why}`, { remedy: 'retry', advice: '-', cause })
}

const idOf = (account: ModelAccount, uid: number) => account.items('INBOX').find(item => item.uid === uid)?.id ?? 0
const ignoredOf = ({ store }: ModelAccount) => store.read.incoming.ignored(undefined)

function flag(account: ModelAccount, uids: readonly number[] = account.items('INBOX').map(({ uid }) => uid)) {
  const items = uids.map(uid => idOf(account, uid))
  return account.change({ kind: 'flag', items, add: ['\\Flagged'], remove: [] })
}

function flaggedOnServer({ server }: ModelAccount): number[] {
  return [...server.folder('INBOX').messages].flatMap(([uid, { flags }]) => (flags.has('\\Flagged') ? [uid] : []))
}

t.test(
  'flags that the server refuses of one message: the others get theirs, it is ignored after three runs',
  async t => {
    let isWilling = false
    using account = await refusing(uids => (uids.has(17) && !isWilling ? 'this one is locked' : undefined))
    await flag(account)
    t.match(await account.sync(), { ignored: 0, errors: [{ folder: 'INBOX', message: /this one is locked/ }] })
    t.same(new Set(flaggedOnServer(account)).size, MESSAGES - 1)
    t.notOk(flaggedOnServer(account).includes(17))
    t.ok(account.commands.length <= 13, `${account.commands.length} commands: all, and two for each of six halvings`)
    t.match(await account.sync(), { ignored: 0, errors: { length: 1 } })
    t.same(ignoredOf(account), [])
    t.match(await account.sync(), { ignored: 1, errors: { length: 1 } })
    const cause = { folder: 'INBOX', uid: 17, stage: 'flags', error: /this one is locked/, item: idOf(account, 17) }
    t.match(ignoredOf(account), [cause])
    t.equal(ignoredOf(account).length, 1)
    t.match(account.store.read.counts(account.store.read.getFolder('INBOX').id), { ignored: 1 })
    t.match(explain(account.store.read, { row: idOf(account, 17) }), {
      matches: [{ waitsFor: [/refused three times .*this one is locked.*ignored clear/] }],
    })

    account.commands.length = 0
    t.match(await account.sync(), { ignored: 1, errors: { length: 0 } })
    t.same(account.commands, [], 'it is asked no more')
    t.ok(
      account.items('INBOX').every(({ flags }) => flags.bits === 4),
      'here it stays as the user wants it',
    )

    isWilling = true
    const inbox = account.store.read.getFolder('INBOX').id
    t.equal(
      account.store.transact(({ incoming }) => incoming.clearIgnored(inbox)),
      1,
    )
    t.match(await account.sync(), { ignored: 0, errors: { length: 0 } })
    t.equal(flaggedOnServer(account).length, MESSAGES)
  },
)

t.test('after a clearing, and after another change, it has three attempts again', async t => {
  using account = await refusing(uids => (uids.has(17) ? 'no' : undefined))
  await flag(account, [17])
  for (let run = 0; run < 3; run++) await account.sync()
  for (const again of [
    () => account.store.transact(({ incoming }) => incoming.clearIgnored(undefined)),
    () => account.change({ kind: 'flag', items: [idOf(account, 17)], add: ['\\Answered'], remove: [] }),
  ]) {
    t.equal(ignoredOf(account).length, 1)
    await again()
    t.equal(ignoredOf(account).length, 0)
    for (let run = 0; run < 2; run++) t.match(await account.sync(), { ignored: 0, errors: { length: 1 } })
    t.match(await account.sync(), { ignored: 1 })
  }
})

t.test('an item whose flags are ignored can be moved', async t => {
  using account = await refusing(uids => (uids.has(17) ? 'no' : undefined))
  await flag(account, [17])
  for (let run = 0; run < 3; run++) await account.sync()
  await account.change({ kind: 'move', items: [idOf(account, 17)], folder: 'Archive' })
  await account.sync()
  t.same(account.serverSubjects('Archive'), ['other', 'm17'])
})

t.test('a server that refuses everything refuses the folder, not its messages', async t => {
  let isIll = true
  using account = await refusing(() => (isIll ? 'the mailbox is locked' : undefined))
  await flag(account)
  for (let run = 0; run < 5; run++) {
    account.commands.length = 0
    t.match(await account.sync(), { errors: [{ folder: 'INBOX', code: 'UPSTREAM_REFUSED' }] })
    t.ok(account.commands.length <= 15, `${account.commands.length} commands`)
  }
  t.same(ignoredOf(account), [])
  isIll = false
  t.match(await account.sync(), { errors: { length: 0 } })
  t.equal(flaggedOnServer(account).length, MESSAGES)
})

t.test('no time now, or a message that is gone meanwhile, counts against nobody', async t => {
  for (const [why, errors] of [
    ['[LIMIT] later', 1],
    ['[INUSE] later', 1],
    ['[EXPUNGEISSUED] it is gone', 0],
  ] as const) {
    using account = await refusing(uids => (uids.has(17) ? why : undefined))
    await flag(account, [17])
    for (let run = 0; run < 5; run++) t.match(await account.sync(), { ignored: 0, errors: { length: errors } }, why)
    t.same(ignoredOf(account), [], why)
  }
})

t.test(
  'a deletion that the server refuses keeps neither others nor flags back, and is ignored after three runs',
  async t => {
    let isWilling = false
    using account = await refusing(uids => (uids.has(17) && !isWilling ? 'hands off' : undefined))
    const doomed = [15, 16, 17, 18].map(uid => idOf(account, uid))
    await account.change({ kind: 'delete', items: doomed, isPermanent: true })
    await flag(account, [1, 2])
    t.match(await account.sync(), { errors: [{ folder: 'INBOX', message: /hands off/ }] })
    t.equal(account.serverSubjects('INBOX').length, MESSAGES - 3)
    t.same(flaggedOnServer(account), [1, 2])
    for (let run = 0; run < 2; run++) await account.sync()
    t.match(ignoredOf(account), [{ uid: 17, stage: 'deletion', error: /hands off/ }])
    t.match(await account.sync(), { ignored: 1, errors: { length: 0 } })
    t.notOk(account.subjects('INBOX').includes('m17'), 'here it is deleted')
    isWilling = true
    account.store.transact(({ incoming }) => incoming.clearIgnored(undefined))
    t.match(await account.sync(), { ignored: 0, errors: { length: 0 } })
    t.notOk(account.serverSubjects('INBOX').includes('m17'))
  },
)

t.test('what a COPY has left behind, and the server does not remove, is asked for three times', async t => {
  let isWilling = false
  using account = await refusing(uids => (uids.has(17) && !isWilling ? 'hands off' : undefined))
  const { connected } = account
  account.connected = remote => connected(Object.assign(remote, { features: { ...remote.features, move: false } }))
  const items = [16, 17, 18].map(uid => idOf(account, uid))
  await account.change({ kind: 'move', items, folder: 'Archive' })
  for (let run = 0; run < 3; run++) {
    account.commands.length = 0
    t.match(await account.sync(), { ignored: Number(run === 2), errors: [{ folder: 'INBOX', message: /hands off/ }] })
    t.equal(account.commands.length, run === 0 ? 5 : 1)
  }
  const inbox = account.store.read.getFolder('INBOX').id
  t.match(ignoredOf(account), [{ folder: 'INBOX', uid: 17, stage: 'deletion', error: /hands off/, item: undefined }])
  t.equal(ignoredOf(account).length, 1)
  t.match(account.store.read.counts(inbox), { ignored: 1 })
  account.commands.length = 0
  for (let run = 0; run < 3; run++) t.match(await account.sync(), { ignored: 1, errors: { length: 0 } })
  t.same(account.commands, [], 'it is asked no more')
  t.notOk(account.store.read.pending.hasOpen())
  t.same(account.subjects('Archive').toSorted(), ['m16', 'm17', 'm18', 'other'])
  t.notOk(account.subjects('INBOX').includes('m17'), 'it is shown once')

  isWilling = true
  t.equal(
    account.store.transact(({ incoming }) => incoming.clearIgnored(inbox)),
    1,
  )
  t.match(await account.sync(), { ignored: 0, errors: { length: 0 } })
  t.notOk(account.serverSubjects('INBOX').includes('m17'))
  t.same(ignoredOf(account), [])
})

t.test('what is left behind and ignored is forgotten when somebody else removes it', async t => {
  using account = await refusing(uids => (uids.has(17) ? 'hands off' : undefined))
  const { connected } = account
  account.connected = remote => connected(Object.assign(remote, { features: { ...remote.features, move: false } }))
  await account.change({ kind: 'move', items: [idOf(account, 17)], folder: 'Archive' })
  for (let run = 0; run < 3; run++) await account.sync()
  t.equal(ignoredOf(account).length, 1)
  account.server.expunge('INBOX', 17)
  t.match(await account.sync(), { ignored: 0, errors: { length: 0 } })
  t.same(account.subjects('Archive'), ['other', 'm17'])
})
