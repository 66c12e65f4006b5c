import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { PosternHome } from '../support/postern.ts'

t.test('the demo goes round once and leaves nothing behind', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-demo-cli-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  await using home = new PosternHome()
  const { code, stdout } = await home.run(['demo', '--once', '--json'], '', { TMPDIR: dir })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    address: 'you@demo.example',
    password: /^\S{10,}$/,
    pop3: '+OK 0 0',
    folders: 12,
    fronts: [{ name: 'pop3', state: 'listening' }, { name: 'smtp' }, { name: 'imap' }],
  })
  const { messages, synchronized, roundTripMs } = JSON.parse(stdout)
  t.ok(synchronized > 300 && synchronized <= messages, 'all but Drafts')
  t.ok(roundTripMs > 0)
  t.same(
    readdirSync(dir).filter(name => name.startsWith('postern')),
    [],
  )
})
