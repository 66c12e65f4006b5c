import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PosternHome } from '../support/postern.ts'
import { startDns } from '../support/scripted-dns.ts'

const home = new PosternHome()
t.teardown(() => home[Symbol.asyncDispose]())

t.test('the example of the help runs, and tells in words and in JSON what it came to', async t => {
  await using dns = await startDns({ 'example.org': {} })
  writeFileSync(join(home.dir, 'config.yaml'), `discover: { dns: "${dns.address}" }\n`)
  const { stdout } = await home.runHere(['discover', '--help'])
  const example = /postern (discover ada@example\.org) /.exec(stdout)?.[1]?.split(' ') ?? []
  t.same(example, ['discover', 'ada@example.org'])
  t.match(await home.runHere([...example, '--trace']), {
    code: 1,
    stdout:
      /autoconfig \(https:\/\/autoconfig\.example\.org.*There is no host autoconfig\.example\.org[\s\S]*No mail server was found/,
  })
  const run = await home.runHere([...example, '--json'])
  t.equal(run.code, 1)
  t.match(run.json(), {
    email: 'ada@example.org',
    taken: null,
    error: { code: 'DISCOVER_NOTHING_FOUND', remedy: 'user' },
  })
})

t.test('what is no address, an unknown domain, and no DNS server are told as such', async t => {
  await using dns = await startDns({})
  writeFileSync(join(home.dir, 'config.yaml'), `discover: { dns: "${dns.address}" }\n`)
  t.match((await home.runHere(['discover', 'nobody', '--json'])).json(), {
    error: { code: 'DISCOVER_ADDRESS_INVALID' },
  })
  t.match(await home.runHere(['discover', 'ada@example.org']), { code: 1, stdout: /There is no domain example\.org/ })
  t.match(await home.runHere(['config', 'set', 'discover.dns', 'dns.example']), {
    code: 1,
    stderr: /must be system, IP/,
  })
})
