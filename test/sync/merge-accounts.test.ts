import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PosternError } from '../../src/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { countMerge, type MergeCounts } from '../../src/sync/merge/merge-account.ts'
import { Faults } from '../support/model/faults.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelServer } from '../support/model/server.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'

const FEATURES = { delta: 'qresync', move: true, givesUids: true, multiAppend: true } as const
const NAMELESS = Buffer.from('Subject: nameless\r\n\r\nno Message-ID.')

function makeAccount(t: Test): ModelAccount {
  const account = new ModelAccount()
  t.teardown(() => account[Symbol.dispose]())
  return account
}

/** Gives the profile another server, as binding does. */
function bind(account: ModelAccount, server: ModelServer): void {
  account.store.transact(({ merge }) => merge.begin())
  account.server = server
}

function count(account: ModelAccount): Promise<MergeCounts> {
  const remote = new ModelRemote(account.server, new Faults(() => 1), FEATURES)
  const { signal } = new AbortController()
  return countMerge({ store: account.store, remote, signal, onFolder: () => undefined })
}

/** Every message of a server, as text with its folder. */
function contents({ folders }: ModelServer): string[] {
  return [...folders]
    .flatMap(([path, { messages }]) => [...messages.values()].map(({ octets }) => `${path}: ${octets}`))
    .toSorted()
}

/** Every message of the store. */
function local(account: ModelAccount): string[] {
  const { store } = account
  return store.read
    .folders()
    .flatMap(({ id, path }) =>
      [...store.read.items(id)].map(({ location }) => `${path}: ${Buffer.concat([...store.read.body(location)])}`),
    )
    .toSorted()
}

async function settle(account: ModelAccount): Promise<number> {
  let uploaded = 0
  for (let run = 0; run < 3; run++) {
    const result = await account.sync()
    t.same(result.errors, [])
    uploaded += result.uploaded
  }
  return uploaded
}

t.test('what both have becomes one, what one has goes to the other', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'a', 'b', 'c')
  account.deliver('Archive', 'old')
  account.server.append('INBOX', NAMELESS, ['\\Seen'], 0)
  account.server.append('INBOX', messageOf('same-id', 10), [], 0)
  await settle(account)

  const other = new ModelServer(['INBOX', 'Archive', 'Only there'])
  other.append('INBOX', messageOf('b'), ['\\Flagged'], 5_000_000)
  other.append('INBOX', NAMELESS, [], 9_000_000)
  // The same Message-ID, date and length, and another body.
  const twin = Buffer.from(messageOf('same-id', 10).toString().replace('..........', '.........,'))
  other.append('INBOX', twin, [], 0)
  other.append('Only there', messageOf('theirs'), [], 0)
  const union = [...new Set([...contents(account.server), ...contents(other)])].toSorted()

  bind(account, other)
  const counts = await count(account)
  t.same(counts, {
    ...{ local: 6, account: 4, known: 2, elsewhere: 0, upload: 4, download: 2, staysHere: 0, deleted: 0 },
    newFolders: [],
  })
  t.equal(await settle(account), 4)
  t.same(contents(other), union)
  t.same(local(account), union)
  const flags = (subject: string) => account.items('INBOX').find(item => item.subject === subject)?.flags.bits
  t.same([flags('b'), flags('nameless')], [4, 1], 'flags of both sides')
  const [, nameless] = [...other.folder('INBOX').messages.values()]
  t.same([...(nameless?.flags ?? [])], ['\\Seen'], 'there as well')

  const before = account.items('INBOX').find(({ subject }) => subject === 'b')?.id
  other.move('INBOX', 1, 'Archive')
  await settle(account)
  t.equal(account.items('Archive').find(({ subject }) => subject === 'b')?.id, before, 'its moves there are followed')
})

t.test('the same account again: all is recognised, and what was changed here meanwhile is told', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'read', 'moved', 'deleted', 'left', 'unflagged')
  account.server.store('INBOX', 5, ['\\Flagged'], [])
  await settle(account)
  const idOf = (subject: string) => account.items('INBOX').find(item => item.subject === subject)?.id ?? 0
  await account.change({ kind: 'flag', items: [idOf('read')], add: ['\\Seen'], remove: [] })
  await account.change({ kind: 'flag', items: [idOf('unflagged')], add: [], remove: ['\\Flagged'] })
  await account.change({ kind: 'move', items: [idOf('moved')], folder: 'Archive' })
  await account.change({ kind: 'delete', items: [idOf('deleted')], isPermanent: true })
  account.deliver('INBOX', 'new')

  bind(account, account.server)
  t.match(await count(account), { local: 4, account: 6, known: 4, upload: 0, download: 1, deleted: 1 })
  t.equal(await settle(account), 0)
  t.same(account.serverSubjects('INBOX').toSorted(), ['left', 'new', 'read', 'unflagged'])
  t.same(account.serverSubjects('Archive'), ['moved'])
  t.same(local(account), contents(account.server))
  const flags = [...account.server.folder('INBOX').messages.values()].map(({ flags }) => [...flags])
  t.same(flags, [['\\Seen'], [], [], []])
})

t.test('a message whose line ends a server made its own is the same one, there and here', async t => {
  const bare = [
    'Message-ID: <lf@x>\nSubject: lf\n\none\ntwo\n',
    'Subject: nameless\n\none\n',
    'Message-ID: <m@x>\r\n\r\n1\n2\r\n',
  ]
  const long = `Message-ID: <long@x>\n\n${'a line\n'.repeat(20_000)}`
  const texts = [...bare, long]
  const wire = texts.map(text => Buffer.from(text.replaceAll(/\r?\n/g, '\r\n')))
  const account = makeAccount(t)
  for (const text of texts) account.server.append('INBOX', Buffer.from(text), [], 0)
  await settle(account)
  const [other, third] = [new ModelServer(['INBOX']), new ModelServer(['INBOX'])]
  for (const server of [other, third]) for (const octets of wire) server.append('INBOX', octets, [], 0)
  for (const server of [other, third, other, other]) {
    bind(account, server)
    t.match(await count(account), { local: 4, known: 4, upload: 0, download: 0 })
    t.equal(await settle(account), 0)
    t.equal(local(account).length, texts.length)
  }
  t.same(local(account), texts.map(text => `INBOX: ${text}`).toSorted(), 'here it is as it was')

  // Not what differs in more than that.
  const strange = new ModelServer(['INBOX'])
  strange.append('INBOX', Buffer.from(String(wire[0]).replace('two', 'owt')), [], 0)
  bind(account, strange)
  t.match(await count(account), { known: 0, upload: 4, download: 1 })
})

t.test('of another account nothing is deleted that was deleted here', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'a', 'b')
  await settle(account)
  const other = new ModelServer(['INBOX', 'Archive'])
  other.append('INBOX', messageOf('b'), [], 0) // under the number that `a` had
  other.append('INBOX', messageOf('a'), [], 0)
  for (const { id } of account.items('INBOX')) {
    await account.change({ kind: 'delete', items: [id], isPermanent: true })
  }
  bind(account, other)
  t.match(await count(account), { local: 0, known: 0, deleted: 0, download: 2 })
  await settle(account)
  t.same(other.folder('INBOX').messages.size, 2)
  t.same(account.subjects('INBOX').toSorted(), ['a', 'b'])
})

t.test('what was moved to another folder there is shown there; copies stay copies', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'wanders', 'twice')
  account.deliver('Archive', 'twice')
  await settle(account)
  const other = new ModelServer(['INBOX', 'Archive', 'Elsewhere'])
  other.append('Elsewhere', messageOf('wanders'), [], 1)
  other.append('Archive', messageOf('twice'), [], 1)
  bind(account, other)
  t.match(await count(account), { known: 2, elsewhere: 1, upload: 1, download: 0 })
  t.equal(await settle(account), 1)
  t.same(account.subjects('INBOX'), ['twice'])
  t.same(account.subjects('Archive'), ['twice'])
  t.same(account.subjects('Elsewhere'), ['wanders'])
  t.same(local(account), contents(other))
})

t.test('mail that was only ever here is recognised, too; folders that the account lacks are made', async t => {
  const account = makeAccount(t)
  account.store.transact(transactor => transactor.ensureInbox())
  await account.change({ kind: 'createFolder', path: 'Mine' })
  for (const [folder, subject] of [
    ['INBOX', 'both'],
    ['INBOX', 'mine'],
    ['Mine', 'filed'],
  ] as const) {
    const file = join(t.testdir(), `${subject}.eml`)
    writeFileSync(file, messageOf(subject))
    await account.change({ kind: 'add', folder, file, flags: [] })
  }
  const other = new ModelServer(['INBOX', 'Archive'])
  other.append('INBOX', messageOf('both'), [], 1)
  bind(account, other)
  t.match(await count(account), { known: 1, upload: 2, download: 0, newFolders: ['Mine'] })
  t.equal(await settle(account), 2)
  t.same(local(account), contents(other))
  t.same(account.serverSubjects('Mine'), ['filed'])
})

t.test('drafts stay here, also where the account has no folder for them', async t => {
  const account = makeAccount(t)
  account.server = new ModelServer(['INBOX', 'Drafts'])
  account.deliver('INBOX', 'a')
  await settle(account)
  const file = join(t.testdir(), 'draft.eml')
  writeFileSync(file, messageOf('draft'))
  await account.change({ kind: 'add', folder: 'Drafts', file, flags: [] })
  const other = new ModelServer(['INBOX', 'Archive'])
  bind(account, other)
  t.match(await count(account), { local: 2, upload: 1, staysHere: 1, newFolders: ['Drafts'] })
  t.equal(await settle(account), 1)
  t.same(account.subjects('Drafts'), ['draft'])
  t.same(account.serverSubjects('Drafts'), [])
})

t.test('a folder that the account refuses: its mail waits, and is in the Inbox at last', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'a')
  account.server.create('No')
  account.deliver('No', 'b')
  await settle(account)
  const other = new ModelServer(['INBOX', 'Archive'])
  bind(account, other)
  account.connected = remote =>
    Object.assign(remote, {
      createFolder: async () => {
        throw new PosternError('UPSTREAM_REFUSED', 'no', { remedy: 'user', advice: '-' })
      },
    })
  t.match(await account.sync(), { errors: [{ folder: 'No' }], uploaded: 1 })
  t.same(account.subjects('No'), ['b'], 'still here')
  for (let run = 0; run < 4; run++) await account.sync()
  t.same(account.serverSubjects('INBOX').toSorted(), ['a', 'b'])
  t.same(account.subjects('INBOX').toSorted(), ['a', 'b'])
})

t.test('a folder that is made and never listed keeps its mail', async t => {
  const account = makeAccount(t)
  account.deliver('INBOX', 'a')
  account.server.create('Odd')
  account.deliver('Odd', 'b')
  await settle(account)
  const other = new ModelServer(['INBOX', 'Archive'])
  bind(account, other)
  account.connected = remote => {
    const list = remote.listFolders.bind(remote)
    return Object.assign(remote, { listFolders: async () => (await list()).filter(({ path }) => path !== 'Odd') })
  }
  await account.sync()
  t.same(account.subjects('Odd'), ['b'], 'nobody takes it for deleted')
  account.connected = remote => remote
  await settle(account)
  t.same(account.subjects('Odd'), ['b'])
  t.same(account.serverSubjects('Odd'), ['b'])
})

t.test('a header whose text no server here has stays; its text is never taken for a message', async t => {
  const account = makeAccount(t)
  account.settings = { ...account.settings, downloadMode: 'headers' }
  account.deliver('INBOX', 'known', 'unknown')
  await settle(account)
  const other = new ModelServer(['INBOX', 'Archive'])
  other.append('INBOX', messageOf('known'), [], 1)
  bind(account, other)
  t.match(await count(account), { known: 1, upload: 0, staysHere: 1 })
  t.equal(await settle(account), 0)
  t.equal(other.headersUploaded, 0)
  t.same(
    account
      .items('INBOX')
      .map(({ subject, uid }) => [subject, uid])
      .toSorted(),
    [
      ['known', 1],
      ['unknown', 0],
    ],
  )
})

/** A profile that has an account, and is bound to another one with some of the same messages. */
async function halfAndHalf(account: ModelAccount): Promise<ModelServer> {
  account.deliver('INBOX', 'a', 'b', 'c')
  account.deliver('Archive', 'd', 'wanders')
  for (let run = 0; run < 3; run++) await account.sync()
  await account.change({ kind: 'createFolder', path: 'Mine' })
  await account.change({ kind: 'move', items: [account.items('INBOX')[2]?.id ?? 0], folder: 'Mine' })
  const other = new ModelServer(['INBOX', 'Archive'])
  for (const subject of ['b', 'x', 'wanders']) other.append('INBOX', messageOf(subject), [], 1)
  bind(account, other)
  return other
}

async function assertJoined(t: Test, account: ModelAccount, other: ModelServer, when: string): Promise<void> {
  for (let run = 0; run < 4; run++) t.same((await account.sync()).errors, [], when)
  const subjects = contents(other).map(text => `${/^\S+/.exec(text)?.[0]} ${/Subject: (\S+)/.exec(text)?.[1]}`)
  const wanted = ['Archive: d', 'INBOX: a', 'INBOX: b', 'INBOX: wanders', 'INBOX: x', 'Mine: c']
  t.same(subjects, wanted, `there, ${when}`)
  t.same(local(account), contents(other), `here, ${when}`)
}

t.test('wherever the connection ends, the next runs make of both what they would have made', async t => {
  for (let last = 1; last < 200; last++) {
    using account = new ModelAccount()
    const other = await halfAndHalf(account)
    let calls = 0
    account.connected = remote => breaking(remote, () => ++calls === last)
    const failure = await account.sync().catch((error: unknown) => error)
    account.connected = remote => remote
    await assertJoined(t, account, other, `after call ${last}`)
    if (failure instanceof PosternError) continue
    t.ok(last > 10, `${last - 1} calls were broken off`)
    return
  }
  t.fail('the run never ended')
})

for (const isCommitted of [false, true]) {
  t.test(`wherever it is killed, ${isCommitted ? 'after' : 'before'} a commit, nothing is lost or doubled`, async t => {
    for (let last = 1; last < 200; last++) {
      using account = new ModelAccount()
      const other = await halfAndHalf(account)
      let commits = 0
      account.guard = store => killing(store, () => ++commits === last, isCommitted)
      const failure = await account.sync().catch((error: unknown) => error)
      account.guard = store => store
      account.close() // a new process
      await assertJoined(t, account, other, `at commit ${last}`)
      if (failure instanceof Killed) continue
      t.ok(last > 5, `${last - 1} commits were the last`)
      return
    }
    t.fail('the run never ended')
  })
}

class Killed extends Error {}

/** A store whose process is killed at a commit: nothing of it does anything any more. */
function killing(store: Store, isNow: () => boolean, isCommitted: boolean): Store {
  let isDead = false
  const commit = (make: () => unknown) => {
    if (isDead) throw new Killed('dead')
    isDead = isNow()
    if (isDead && !isCommitted) throw new Killed('before the commit')
    const result = make()
    if (isDead) throw new Killed('after the commit')
    return result
  }
  return new Proxy(store, {
    get: (_, name) => {
      const value: unknown = Reflect.get(store, name)
      if (typeof value !== 'function') return value
      if (name !== 'transact' && name !== 'transactRepeatable') return value.bind(store)
      return (...args: unknown[]) => commit(() => Reflect.apply(value, store, args))
    },
  })
}

/** Breaks a connection: the call is made, and its answer never comes. */
function breaking(remote: ModelRemote, isNow: () => boolean): ModelRemote {
  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function' || name === 'download' || typeof name === 'symbol') return value
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, args)
          if (!(result instanceof Promise)) return result
          return result.then(answer => {
            if (isNow()) throw new PosternError('UPSTREAM_LOST', 'it ended', { remedy: 'retry', advice: '-' })
            return name === 'examine' ? wrap(answer as object) : answer
          })
        }
      },
    })
  return wrap(remote)
}
