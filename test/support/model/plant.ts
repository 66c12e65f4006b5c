import type { Store } from '../../../src/store/store.ts'
import type { Transactor } from '../../../src/store/transactor.ts'
import type { PlantedBug } from './world.ts'

/** Makes a store whose transactions work with a changed transactor. */
export function plant(change: (transactor: Transactor, store: Store) => Transactor): PlantedBug {
  return store =>
    ({
      ...store,
      transact: work => store.transact(transactor => work(change(transactor, store))),
      transactRepeatable: work => store.transactRepeatable(transactor => work(change(transactor, store))),
    }) as Store // the model's guarded store is a plain object
}

/** Makes an object with some of its methods replaced; the others still work on the original's private fields. */
export function replace<Target extends object>(target: Target, methods: object): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const replaced = Reflect.get(methods, name)
      if (replaced !== undefined) return replaced
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
