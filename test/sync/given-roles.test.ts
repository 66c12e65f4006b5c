import t from 'tap'
import { ModelFolder } from '../support/model/server.ts'
import { ModelAccount } from '../support/model-account.ts'

t.test('of two folders that were made for the same, the one that has the role keeps it', async t => {
  using account = new ModelAccount()
  const roles = () => account.store.read.folders().flatMap(({ path, role }) => (role === 'junk' ? [path] : []))
  const deleteThere = async (path: string) => {
    account.server.folders.delete(path)
    await account.sync()
  }
  await account.change({ kind: 'createFolder', path: 'A', role: 'junk' })
  await account.sync()
  await deleteThere('A')
  await account.change({ kind: 'createFolder', path: 'B', role: 'junk' })
  account.server.folders.set('A', new ModelFolder())
  for (let run = 0; run < 3; run++) {
    await account.sync()
    t.same(roles(), ['B'], 'A is there again')
  }
  await deleteThere('B')
  t.same(roles(), ['A'])
})
