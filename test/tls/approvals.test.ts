import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Approvals } from '../../src/tls/approvals.ts'

const APPROVAL = {
  host: 'Mail.Example.org',
  port: 993,
  publicKeySha256: 'ab'.repeat(32),
  subject: 'CN=mail.example.org',
  issuer: 'CN=Example CA',
  validFromMs: 1,
  validToMs: 2,
  approvedAtMs: 3,
}

t.test('an approval is for its host, in any case, and for its port alone', async t => {
  const approvals = new Approvals(join(t.testdir(), 'certs', 'approved.json'))
  const added = await approvals.add(APPROVAL)
  t.same(await approvals.find({ host: 'mail.example.ORG', port: 993 }), added)
  t.same(await approvals.find({ host: 'mail.example.org.', port: 993 }), added)
  t.equal(await approvals.find({ host: 'mail.example.org', port: 143 }), undefined)
  t.equal(await approvals.find({ host: 'example.org', port: 993 }), undefined)
})

t.test('a new approval takes the place of the earlier one', async t => {
  const approvals = new Approvals(join(t.testdir(), 'approved.json'))
  await approvals.add(APPROVAL)
  await approvals.add({ ...APPROVAL, port: 143 })
  const newer = await approvals.add({ ...APPROVAL, publicKeySha256: 'cd'.repeat(32) })
  t.equal((await approvals.list()).length, 2)
  t.same(await approvals.find(APPROVAL), newer)
})

t.test('an approval is removed by its id', async t => {
  const approvals = new Approvals(join(t.testdir(), 'approved.json'))
  const added = await approvals.add(APPROVAL)
  t.equal(await approvals.remove('0'), undefined)
  t.same(await approvals.remove(added.id), added)
  t.same(await approvals.list(), [])
})

t.test('the file is for us alone and nothing is left beside it', { skip: process.platform === 'win32' }, async t => {
  const file = join(t.testdir(), 'approved.json')
  await new Approvals(file).add(APPROVAL)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(readdirSync(t.testdirName), ['approved.json'])
})

const damaged = {
  'cut off': '[{"id": "1", "ho',
  empty: '',
  'no list': '{}',
  'a list of something else': '[1]',
  'a short fingerprint': JSON.stringify([{ ...APPROVAL, id: '1', publicKeySha256: 'ab' }]),
  'a port that is text': JSON.stringify([{ ...APPROVAL, id: '1', port: '993' }]),
  'no dates': JSON.stringify([{ ...APPROVAL, id: '1', validToMs: null }]),
  'a date that no calendar has': JSON.stringify([{ ...APPROVAL, id: '1', approvedAtMs: 1e300 }]),
}
for (const [name, text] of Object.entries(damaged)) {
  t.test(`a damaged list is an error, never an empty list: ${name}`, async t => {
    const file = join(t.testdir({ 'approved.json': text }), 'approved.json')
    const approvals = new Approvals(file)
    const expected = { code: 'TLS_APPROVALS_UNREADABLE', remedy: 'user' }
    await t.rejects(approvals.find(APPROVAL), expected)
    await t.rejects(approvals.add(APPROVAL), expected)
    t.equal(readFileSync(file, 'utf8'), text, 'and it is left as it is')
  })
}

t.test('a list that cannot be read is an error as well', async t => {
  const dir = t.testdir({ 'approved.json': {} })
  await t.rejects(new Approvals(join(dir, 'approved.json')).list(), { code: 'TLS_APPROVALS_UNREADABLE' })
})

t.test('the command line may change the list while another process has it open', async t => {
  const file = join(t.testdir(), 'approved.json')
  const [daemon, commandLine] = [new Approvals(file), new Approvals(file)]
  t.equal(await daemon.find(APPROVAL), undefined)
  const added = await commandLine.add(APPROVAL)
  t.same(await daemon.find(APPROVAL), added)
  writeFileSync(file, '[]')
  t.equal(await daemon.find(APPROVAL), undefined)
})
