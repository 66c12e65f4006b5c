import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Command } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { toPkcs12 } from '../../src/tls/ca/pkcs12.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { run } from '../tls/command-line.ts'

const home = t.testdir()
const PROFILE = `secrets: { store: file }
profiles:
  work: { number: 1, email: ada@example.org, imap: imaps://imap.example.org, smtp: smtps://smtp.example.org }
`
writeFileSync(join(home, 'config.yaml'), PROFILE)
const json = async (args: string[], piped = '') => JSON.parse((await run(home, [...args, '--json'], { piped })).stdout)

// An example of a command’s help, as its arguments, without what the shell would do.
function exampleOf(path: readonly string[], beginning: string): string[] {
  let [commands, found]: [readonly Command<never>[], Command<never> | undefined] = [COMMANDS, undefined]
  for (const word of path) {
    found = commands.find(({ command }) => command.split(' ')[0] === word)
    commands = found?.children ?? []
  }
  const line = found?.examples?.map(([line]) => line).find(line => line.startsWith(`$0 ${beginning}`))
  if (line === undefined) throw new Error(`${path.join(' ')} has no example with ${beginning}`)
  return line.replace('$0 ', '').split(' < ')[0]?.split(' ') ?? []
}

t.test('the examples of `postern proxy`', async t => {
  t.match(await json(exampleOf(['proxy'], 'config set network.proxy')), {
    value: 'http://ada@proxy.example.org:3128',
  })
  t.match(await json(exampleOf(['proxy', 'password'], 'proxy password'), 'geheim\n'), {
    profile: null,
    stored: true,
  })
  const shown = await json(exampleOf(['proxy', 'show'], 'proxy show'))
  t.match(shown, {
    setting: 'http://ada@proxy.example.org:3128',
    servers: [
      {
        profile: 'work',
        server: 'imap.example.org:993',
        proxy: 'http://proxy.example.org:3128',
        user: 'ada',
        passwordStored: true,
      },
      { server: 'smtp.example.org:465', because: 'set by network.proxy', error: null },
    ],
  })
  const text = (await run(home, ['proxy', 'show'])).stdout
  t.match(text, /work +imap\.example\.org:993 +http:\/\/proxy\.example\.org:3128 +ada +set by network\.proxy/)
  t.notMatch(JSON.stringify(shown) + text, /geheim/)
  t.match(await json(['proxy', 'password'], '\n'), { stored: false })
  t.match((await run(home, ['proxy', 'show'])).stdout, /ada, no password stored/)
})

t.test('a password in the setting is refused, and not repeated', async t => {
  for (const args of [
    ['config', 'set', 'network.proxy', 'http://ada:geheim@proxy.example.org'],
    ['profile', 'set', 'work', 'proxy', 'http://ada:geheim@proxy.example.org'],
  ]) {
    const { code, stdout, stderr } = await run(home, args)
    t.equal(code, 1)
    t.match(stdout + stderr, /postern proxy password/)
    t.notMatch(stdout + stderr, /geheim/)
  }
  t.notMatch(readFileSync(join(home, 'config.yaml'), 'utf8'), /geheim/)
})

t.test('the examples of `postern cert client`', async t => {
  const files = await makeServerCertificate(home, { commonName: 'Ada', names: ['ada'] })
  const [certificate, key] = [files.certFile, files.keyFile].map(file => readFileSync(file))
  const p12 = toPkcs12([new X509Certificate(certificate ?? '')], createPrivateKey(key ?? ''), 'of the file')
  const file = join(home, 'ada.p12')
  writeFileSync(file, p12)
  const args = exampleOf(['cert', 'client', 'import'], 'cert client import').map(word =>
    word === 'ada.p12' ? file : word,
  )
  t.match(await json(args, 'wrong\n'), {
    error: { code: 'TLS_CLIENT_CERTIFICATE_INVALID', message: /password is another/ },
  })
  t.match(await json(args, 'of the file\n'), { name: 'work', certificate: { subject: 'CN=Ada', state: 'valid' } })
  const { stdout } = await run(home, ['cert', 'client', 'show', 'work'])
  t.match(stdout, /work shows CN=Ada/)
  t.notMatch(stdout, /PRIVATE/)
  t.match(await json(['cert', 'client', 'remove', 'work']), { error: { code: 'CLI_NOT_CONFIRMED' } })
  t.match(await json(['cert', 'client', 'remove', 'work', '--yes']), { removed: true })
  t.match(await json(['cert', 'client', 'show', 'work']), { certificate: null })
  const missing = await json(['cert', 'client', 'import', 'work', join(home, 'none.p12')], 'x\n')
  t.match(missing, { error: { code: 'CLI_USAGE', message: /none\.p12 cannot be read/ } })
})
