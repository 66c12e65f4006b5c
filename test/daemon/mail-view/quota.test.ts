import t from 'tap'
import { PosternError } from '../../../src/errors.ts'
import { Quota } from '../../../src/store/changes/quota.ts'
import { ImapFront } from '../../support/imap-front.ts'

const NO_ROOT = ['* QUOTAROOT "INBOX"', 'OK']

t.test('the quota of the account on the server is told, as it was with the last list of folders', async t => {
  const front = new ImapFront()
  const { account } = front
  let told: { usage: number; limit: number } | undefined = { usage: 2048, limit: 10_240 }
  let failure: Error | undefined
  const readQuota = async () => {
    if (failure) throw failure
    return told
  }
  account.connected = remote => Object.assign(remote, { readQuota })
  try {
    const client = await front.connect()
    t.same(await client.command('GETQUOTAROOT INBOX'), ['NO [NONEXISTENT]'], 'never synchronized')
    const [capabilities = ''] = await client.command('CAPABILITY')
    for (const name of ['QUOTA', 'QUOTA=RES-STORAGE']) t.ok(capabilities.split(' ').includes(name), name)
    const quota = async () => client.command('GETQUOTAROOT INBOX')
    await account.sync()
    t.same(await quota(), ['* QUOTAROOT "INBOX" ""', '* QUOTA "" (STORAGE 2 10)', 'OK'])
    told = { usage: 4096, limit: 10_240 }
    account.structure = 'skip'
    await account.sync()
    t.match(await quota(), ['* QUOTAROOT "INBOX" ""', '* QUOTA "" (STORAGE 2 10)'])
    account.structure = 'also'
    failure = new PosternError('UPSTREAM_REFUSED', 'not now', { remedy: 'retry', advice: '-' })
    t.match(await account.sync(), { errors: { length: 0 } }, 'a refusal is no failure')
    t.match((await quota())[1], '* QUOTA "" (STORAGE 2 10)', 'and what was told stays')
    failure = undefined
    await account.sync()
    t.match((await quota())[1], '* QUOTA "" (STORAGE 4 10)')
    told = undefined
    await account.sync()
    t.same(await quota(), NO_ROOT)
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a server without quotas has no quota root', async t => {
  const front = new ImapFront()
  try {
    await front.account.sync()
    const client = await front.connect()
    t.same(await client.command('GETQUOTAROOT INBOX'), NO_ROOT)
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a run that finds the same quota writes nothing', async t => {
  const front = new ImapFront()
  const { account } = front
  account.connected = remote => Object.assign(remote, { readQuota: async () => ({ usage: 1024, limit: 2048 }) })
  try {
    await account.sync()
    const note = t.capture(Quota.prototype, 'note')
    await account.sync()
    t.equal(note().length, 0)
  } finally {
    await front[Symbol.asyncDispose]()
  }
})
