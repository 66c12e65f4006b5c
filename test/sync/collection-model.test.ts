import process from 'node:process'
import t from 'tap'
import type { JoinedCollection } from '../../src/store/changes/join-objects.ts'
import type { Store } from '../../src/store/store.ts'
import type { Transactor } from '../../src/store/transactor.ts'
import { CollectionWorld, type CollectionWorldOptions } from '../support/model/collection-world.ts'
import { plant, replace } from '../support/model/plant.ts'

const IS_LONG = process.env.POSTERN_LONG === '1'
const RUNS = Number(process.env.POSTERN_MODEL_RUNS ?? (IS_LONG ? 10_000 : 300))
const FIRST_SEED = Number(process.env.POSTERN_MODEL_SEED ?? 1)
const EVENTS = 40
const MAX_RUNS = 3000

t.setTimeout(IS_LONG ? 7_200_000 : 900_000)

t.test('whatever is cut or killed, no version of an object is lost, and both sides agree in the end', async t => {
  let faults = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const world = new CollectionWorld(seed)
    const problems = await world.run(EVENTS)
    faults += world.faults
    if (problems.length > 0) t.fail(`seed ${seed}: ${problems.join('; ')}`)
    if (t.counts.fail > 3) break
  }
  t.comment(`${RUNS} runs from seed ${FIRST_SEED}: ${faults} faults`)
  t.ok(faults > RUNS, 'faults happened')
})

const BUGS: Readonly<Record<string, CollectionWorldOptions>> = {
  'changes are sent without a precondition': { ignoresPreconditions: true },
  'the version that loses is not kept': {
    plant: store =>
      ({
        ...store,
        transact: change =>
          store.transact(transactor => {
            const result = change(transactor)
            const { id } = store.read.getAnyFolder('Work')
            for (const loser of store.read.objects.losers(id)) transactor.objects.discardLoser(loser.id)
            return result
          }),
      }) as Store, // the model's guarded store is a plain object
  },
  'the token is stored before what it stands for': {
    plant: store =>
      ({
        ...store,
        transact: change => {
          let isPlan = false
          const result = store.transact(transactor => change(onlyToken(transactor, () => (isPlan = true))))
          return isPlan ? store.transact(change) : result
        },
      }) as Store,
  },
  'what differs in another account is taken': joinedOtherwise(joined => ({
    ...joined,
    objects: joined.objects.map(each => (each.kind === 'differs' ? { ...each, kind: 'newer' } : each)),
  })),
  'what another account has is not paired': joinedOtherwise(joined => ({
    ...joined,
    objects: [],
    others: [...joined.others, ...joined.objects],
  })),
  'what was sent is not noted': {
    plant: plant((transactor, store) =>
      replace(transactor, {
        objects: replace(transactor.objects, {
          sending: (id: number) => {
            const folder = store.read.getAnyFolder('Work').id
            return [...store.read.join.objects(folder)].find(each => each.id === id && (each.isDirty || each.isGone))
          },
        }),
      }),
    ),
  },
}

function joinedOtherwise(change: (joined: JoinedCollection) => JoinedCollection): CollectionWorldOptions {
  return {
    plant: plant(transactor =>
      replace(transactor, {
        joins: replace(transactor.joins, {
          take: (joined: JoinedCollection) => transactor.joins.take(change(joined)),
        }),
      }),
    ),
  }
}

function onlyToken(transactor: Transactor, onToken: () => void): Transactor {
  return replace(transactor, {
    objects: replace(transactor.objects, {
      setToken: (...args: Parameters<Transactor['objects']['setToken']>) => {
        onToken()
        transactor.objects.setToken(...args)
      },
      changedOnServer: () => undefined,
    }),
  })
}

for (const [name, options] of Object.entries(BUGS)) {
  t.test(`the model finds out: ${name}`, async t => {
    let seed = 1
    while (seed <= MAX_RUNS && (await new CollectionWorld(seed, options).run(EVENTS)).length === 0) seed++
    t.ok(seed <= MAX_RUNS, `after ${seed} runs`)
  })
}
