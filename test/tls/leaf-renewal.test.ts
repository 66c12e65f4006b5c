import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'

const DAY_MS = 86_400_000
const START = Date.parse('2026-03-01T00:00:00Z')

function openCa(t: Test) {
  const dir = join(t.testdir(), 'certs')
  const clock = { now: START }
  const ca = new LocalCa(dir, () => clock.now)
  const serial = async () => (await ca.leaf()).leaf.certificate.serialNumber
  return { dir, clock, ca, serial, file: (name: string) => join(dir, name) }
}

t.test('a leaf is kept for two thirds of its life, then made anew by the same CA', async t => {
  const { clock, ca, serial } = openCa(t)
  const [first, authority] = [await serial(), (await ca.authority()).certificate.serialNumber]
  clock.now = START + 264 * DAY_MS
  t.equal(await serial(), first)
  clock.now = START + 265 * DAY_MS
  t.not(await serial(), first)
  t.equal((await ca.authority()).certificate.serialNumber, authority)
})

t.test('a leaf that is not valid yet, since the clock was wrong, is made anew', async t => {
  const { clock, serial } = openCa(t)
  clock.now = START + 100 * DAY_MS
  const early = await serial()
  clock.now = START + 99 * DAY_MS
  t.not(await serial(), early)
})

t.test('a leaf never outlives its CA, and a CA that is over is replaced', async t => {
  const { clock, ca } = openCa(t)
  const { authority } = await ca.leaf()
  const end = Date.parse(authority.certificate.validTo)
  clock.now = end - 30 * DAY_MS
  t.equal((await ca.leaf()).leaf.certificate.validTo, authority.certificate.validTo)
  clock.now = end + DAY_MS
  const after = await ca.leaf()
  t.not(after.authority.certificate.serialNumber, authority.certificate.serialNumber)
  t.ok(after.leaf.certificate.verify(after.authority.certificate.publicKey))
})

t.test('a new CA takes a new leaf with it', async t => {
  const { ca, serial } = openCa(t)
  const first = await serial()
  const authority = await ca.renewAuthority()
  const { leaf } = await ca.leaf()
  t.not(leaf.certificate.serialNumber, first)
  t.ok(leaf.certificate.verify(authority.certificate.publicKey))
})

t.test('a crash between the files leaves no key with another key’s certificate', async t => {
  const { ca, file, serial } = openCa(t)
  const first = await serial()
  const oldPublic = readFileSync(file('leaf.pem'))
  const key = readFileSync(file('leaf-key.pem'), 'utf8')
  await t.test('the public copies are made again', async t => {
    const publicCa = readFileSync(file('ca.pem'), 'utf8')
    rmSync(file('ca.pem'))
    writeFileSync(file('leaf.pem'), 'cut off')
    t.equal(await serial(), first)
    t.equal(readFileSync(file('ca.pem'), 'utf8'), publicCa)
    t.same(readFileSync(file('leaf.pem')), oldPublic)
  })
  await t.test('a key without its certificate is not used', async t => {
    const other = await ca.issue(['localhost'])
    writeFileSync(file('leaf-key.pem'), `${readFileSync(other.keyFile, 'utf8')}${oldPublic}`)
    t.not(await serial(), first)
  })
  await t.test('a leaf file that was cut off is made again', async t => {
    writeFileSync(file('leaf-key.pem'), key.slice(0, key.length / 2))
    const { leaf } = await ca.leaf()
    t.ok(leaf.certificate.checkPrivateKey(leaf.key))
  })
})

t.test('a damaged CA is never replaced behind the user’s back', async t => {
  const { ca, file } = openCa(t)
  await ca.leaf()
  writeFileSync(file('ca-key.pem'), 'damaged')
  await t.rejects(ca.leaf(), { code: 'TLS_CA_UNREADABLE', message: /ca-key\.pem/, advice: /--renew/ })
  await ca.renewAuthority()
  await t.resolves(ca.leaf())
})

t.test('keys that others may read are closed again', { skip: process.platform === 'win32' && 'no modes' }, async t => {
  const { ca, file } = openCa(t)
  await ca.leaf()
  for (const name of ['ca-key.pem', 'leaf-key.pem']) chmodSync(file(name), 0o644)
  await ca.leaf()
  for (const name of ['ca-key.pem', 'leaf-key.pem']) t.equal(statSync(file(name)).mode & 0o777, 0o600)
})

t.test('the list shows what there is, damaged files too, and makes nothing', async t => {
  const { ca, dir, file } = openCa(t)
  t.same(await ca.list(), [])
  await ca.leaf()
  await ca.issue(['mail.localhost'])
  writeFileSync(join(dir, 'issued', 'z.pem'), 'damaged')
  const list = await ca.list()
  t.same(
    list.map(({ kind }) => kind),
    ['ca', 'leaf', 'issued', 'issued'],
  )
  t.equal(list[2]?.certificate?.subjectAltName, 'DNS:mail.localhost')
  t.same(list[3], { kind: 'issued', file: file('issued/z.pem'), certificate: undefined })
})
