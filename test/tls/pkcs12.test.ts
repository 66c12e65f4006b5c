import { spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { keyToPem } from '../../src/tls/ca/identity.ts'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'
import { toPkcs12 } from '../../src/tls/ca/pkcs12.ts'

const dir = t.testdir()
const file = join(dir, 'file.p12')
const { leaf, authority } = await new LocalCa(join(dir, 'certs'), Date.now).leaf()

function open(password: string) {
  const args = ['pkcs12', '-in', file, '-passin', 'stdin', '-nodes']
  return spawnSync('openssl', args, { input: `${password}\n`, encoding: 'utf8' })
}

for (const password of ['correct horse', 'pässwörd ✓', ' ', 'x'.repeat(200)]) {
  t.test(`openssl opens the file with the password ${JSON.stringify(password.slice(0, 20))}`, async t => {
    writeFileSync(file, toPkcs12([leaf.certificate, authority.certificate], leaf.key, password))
    const { status, stdout, stderr } = open(password)
    t.equal(status, 0, stderr)
    t.equal(keyToPem(createPrivateKey(stdout)), keyToPem(leaf.key))
    t.equal(stdout.match(/BEGIN CERTIFICATE/g)?.length, 2)
    t.not(open(`${password}!`).status, 0, 'and with no other')
  })
}

t.test('the file is encrypted with AES-256', async t => {
  writeFileSync(file, toPkcs12([leaf.certificate], leaf.key, 'correct horse'))
  const info = ['pkcs12', '-in', file, '-passin', 'stdin', '-info', '-noout']
  t.match(spawnSync('openssl', info, { input: 'correct horse\n', encoding: 'utf8' }).stderr, /AES-256-CBC/)
})

t.test('a file of the CA holds no key', async t => {
  writeFileSync(file, toPkcs12([authority.certificate], undefined, 'correct horse'))
  const { status, stdout } = open('correct horse')
  t.equal(status, 0)
  t.notMatch(stdout, /PRIVATE KEY/)
  t.equal(stdout.match(/BEGIN CERTIFICATE/g)?.length, 1)
})
