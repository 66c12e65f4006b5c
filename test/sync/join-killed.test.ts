import t from 'tap'
import { contact, event } from '../support/dav.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

/** What is on both sides, by collection and UID; twice where it is twice. */
function everything(account: ModelCollectionsAccount): readonly [Record<string, string[]>, Record<string, string[]>] {
  const uids = (texts: readonly string[]) => texts.map(text => /UID:(.*)\r/.exec(text)?.[1] ?? text).toSorted()
  const here = Object.entries(account.seen()).map(([path, texts]) => [path, uids(texts)])
  const there = [...account.served.values()].map(({ listed, objects }) => {
    return [listed.name, uids([...objects.members.values()].map(({ text }) => text))] as const
  })
  return [Object.fromEntries(here), Object.fromEntries(there.toSorted(([one], [other]) => (one < other ? -1 : 1)))]
}

/** Two accounts with entries of their own and in common, the first of them here, with changes that wait. */
async function moved(): Promise<ModelCollectionsAccount> {
  const account = new ModelCollectionsAccount()
  const work = account.serve('/ada/work/', { name: 'Work' })
  for (const uid of ['one', 'two', 'three']) work.write('other', `/ada/work/${uid}.ics`, event(uid, uid))
  account
    .serve('/ada/people/', { name: 'People', kind: 'addressbook' })
    .write('other', '/ada/people/alan.vcf', contact('alan', 'Alan'))
  await account.sync()
  const { id } = account.store.read.getAnyFolder('Work')
  account.store.transact(({ objects }) => objects.create(id, '/ada/work/mine.ics', Buffer.from(event('mine', 'mine'))))
  account.served.clear()
  account.account = 'grace'
  const there = account.serve('/g/', { name: 'Work' })
  there.write('other', '/g/1.ics', event('two', 'two'))
  there.write('other', '/g/2.ics', event('three', 'another one'))
  there.write('other', '/g/3.ics', event('four', 'four'))
  return account
}

const ALL = { People: ['alan'], Work: ['four', 'mine', 'one', 'three', 'two'] }

t.test('killed after any step while they are joined, nothing is lost or doubled', async t => {
  for (let step = 1; ; step++) {
    using account = await moved()
    account.killsAfterStep = step
    const isKilled = await account.sync().then(
      () => false,
      error => error.message === 'killed' || Promise.reject(error),
    )
    account.killsAfterStep = undefined
    if (isKilled) t.match(await account.sync(), { errors: { length: 0 } })
    t.match(await account.sync(), { downloaded: 0, uploaded: 0, errors: { length: 0 } })
    t.same(everything(account), [ALL, ALL], `step ${step}`)
    t.equal(account.store.read.keptObjects.conflictCount(), 1, 'the version that lost is kept once')
    if (isKilled) continue
    t.ok(step > 20, `there were ${step} steps`)
    return
  }
})

t.test('killed in every run, a step later each time, it gets through', async t => {
  using account = await moved()
  for (account.killsAfterStep = 1; ; account.killsAfterStep++) {
    const error = await account.sync().then(
      () => undefined,
      failure => failure,
    )
    if (!error) break
    t.equal(error.message, 'killed')
  }
  t.same(everything(account), [ALL, ALL])
})
