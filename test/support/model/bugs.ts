import { packFlags } from '../../../src/store/flags.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Transactor } from '../../../src/store/transactor.ts'
import { plant, replace } from './plant.ts'
import type { PlantedBug } from './world.ts'

/** The mistakes that the algorithm guards against; the model must find each of them out. */
export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'bodies that are wanted later are not asked for': plant(transactor =>
    replace(transactor, {
      incoming: replace(transactor.incoming, {
        bodies: replace(transactor.incoming.bodies, { reconsider: () => undefined }),
      }),
    }),
  ),
  'a lost answer is not looked for: the message is sent again at once': plant(transactor =>
    replace(transactor, {
      push: replace(transactor.push, {
        searched: (item: number) => {
          transactor.push.searched(item)
          transactor.push.giveUpSearched()
        },
      }),
      adopt: () => false,
    }),
  ),
  'what was sent is sent again in the cycle that did not find it': plant(transactor =>
    replace(transactor, {
      push: replace(transactor.push, {
        searched: (item: number) => {
          transactor.push.searched(item)
          transactor.push.giveUpSearched()
        },
      }),
    }),
  ),
  'what was sent is looked for in its own folder only': plant((transactor, store) =>
    replace(transactor, {
      adopt: (...[folder, message, context]: Parameters<Transactor['adopt']>) => {
        const sent = store.read.pending.inflight().find(each => each.messageId === message.messageId)
        const isElsewhere = sent?.kind === 'append' && sent.destination !== folder
        return !isElsewhere && transactor.adopt(folder, message, context)
      },
    }),
  ),
  'the version that lost is not kept': plant((transactor, store) =>
    replace(transactor, {
      settle: (...args: Parameters<Transactor['settle']>) => {
        transactor.settle(...args)
        for (const { id } of store.read.kept.conflicts()) transactor.conflicts.discard(id)
      },
    }),
  ),
  'the guard against mass deletion is off': store =>
    ({
      ...store,
      read: replace(store.read, { losses: replace(store.read.losses, { onServer: () => [] }) }),
    }) as Store,
  'nothing is recognised in PLAN': plant(transactor => replace(transactor, { adopt: () => false })),
  'flags of what is still to come are forgotten': plant((transactor, store) =>
    replace(transactor, {
      setServerFlags: (...args: Parameters<Transactor['setServerFlags']>) => {
        const [folder, uidValidity, { uid }] = args
        if (store.read.known(folder, uidValidity).get(uid)?.where === 'item') transactor.setServerFlags(...args)
      },
    }),
  ),
  'the cursor is stored before what it stands for': store =>
    ({
      ...store,
      transact: change => {
        const later: ((transactor: Transactor) => void)[] = []
        const result = store.transact(transactor =>
          change(
            replace(transactor, {
              setServerFlags: (...args: Parameters<Transactor['setServerFlags']>) =>
                void later.push(each => each.setServerFlags(...args)),
              vanish: (...args: Parameters<Transactor['vanish']>) => void later.push(each => each.vanish(...args)),
            }),
          ),
        )
        if (later.length > 0) store.transact(transactor => void later.map(step => step(transactor)))
        return result
      },
    }) as Store,
  'what is sent is not noted before its first octet': plant(transactor =>
    replace(transactor, { push: replace(transactor.push, { appendStarted: () => packFlags([]) }) }),
  ),
}
