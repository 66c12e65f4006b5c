import t from 'tap'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { salvageDatabase } from '../../src/store/maintenance/repair/salvage.ts'
import { ModelAccount } from '../support/model-account.ts'
import { finish } from '../support/store.ts'
import { FIXTURES, loadFixture } from '../support/store-fixture.ts'

t.test('a store of version 1 is salvaged with its folders, although they lack what came later', t => {
  using account = new ModelAccount()
  loadFixture(`${FIXTURES}/store-v1`, account)
  account.close()
  salvageDatabase(account.dir, account.clock.ms)
  t.same(
    account.store.read.folders().map(({ path, givenRole }) => [path, givenRole]),
    [
      ['Archive', undefined],
      ['INBOX', undefined],
      ['Made here', undefined],
    ],
  )
  t.equal(account.subjects('INBOX').length, 6)
  t.same(finish(checkStore(account.dir, { isFull: true })).problems, [])
  t.end()
})
