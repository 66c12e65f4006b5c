import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sampleMail } from '../../src/daemon/demo/sample-mail/sample-mail.ts'

const SETTINGS = { baseDateMs: Date.UTC(2026, 4, 20, 14, 30), address: 'you@demo.example', seed: 7 }
const messages = [...sampleMail(SETTINGS)].map(({ octets }) => octets)
const having = (text: string) => messages.filter(octets => octets.toString('latin1', 0, 4000).includes(text))

t.test('OpenSSL finds the signatures of the demo good, the signer’s certificate aside', async t => {
  for (const octets of having('multipart/signed')) {
    const file = join(t.testdir(), 'signed.eml')
    writeFileSync(file, octets)
    const output = execFileSync('openssl', ['cms', '-verify', '-noverify', '-in', file], { stdio: 'pipe' })
    t.match(output.toString('latin1'), /^Content-Type: (?:text\/plain|multipart\/mixed)/)
  }
})

t.test('OpenSSL can read what is encrypted for show', async t => {
  for (const octets of having('smime-type=enveloped-data')) {
    const file = join(t.testdir(), 'enveloped.eml')
    writeFileSync(file, octets)
    const output = execFileSync('openssl', ['cms', '-cmsout', '-print', '-noout', '-in', file], { stdio: 'pipe' })
    t.match(output.toString(), /pkcs7-envelopedData.*aes-256-cbc/s)
  }
})
