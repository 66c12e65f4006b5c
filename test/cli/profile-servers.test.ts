import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { portOf } from '../support/front-server.ts'
import { PosternHome } from '../support/postern.ts'
import { runTyping } from '../support/typing.ts'

t.test('nobody types a password for a profile that cannot be bound so', async t => {
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  await home.json(['profile', 'add', 'work', '--email', 'ada@example.test', '--local'])
  for (const wrong of [
    ['--smtp', 'imap://127.0.0.1'],
    ['--imap', ''],
    ['--sieve', 'imaps://127.0.0.1'],
  ]) {
    const run = await runTyping(home, ['profile', 'bind', 'work', ...wrong], ['secret'])
    t.match(run, { code: 1, stderr: new RegExp(`${wrong[0]?.slice(2)}: must look like`) })
    t.notMatch(run.stderr, /Password/)
  }
})

t.test('what is no URL of its server is refused before any server is asked, or any person', async t => {
  let connections = 0
  const server = createServer(socket => {
    connections++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const at = (scheme: string) => `${scheme}://127.0.0.1:${portOf(server.address())}`
  const right = { imap: at('imap'), smtp: at('smtp'), sieve: at('sieve+cleartext'), dav: at('http') }
  const add = (servers: object) => [
    ...['profile', 'add', 'work', '--email', 'ada@example.test', '--manual'],
    ...Object.entries(servers).flatMap(([name, url]) => [`--${name}`, String(url)]),
  ]
  for (const wrong of [
    { imap: right.smtp },
    { smtp: right.imap },
    { sieve: right.imap },
    { dav: right.imap },
    { carddav: '' },
  ]) {
    const [name = ''] = Object.keys(wrong)
    const run = await runTyping(home, add({ ...right, ...wrong }), ['secret'])
    t.match(run, { code: 1, stderr: new RegExp(`${name}: must look like`) }, name)
    t.notMatch(run.stderr, /Password/)
  }
  t.equal(connections, 0)
  t.same(await home.json(['profile', 'list']), [])
  const run = await runTyping(home, add(right), ['secret'])
  t.match(run.stderr, /FAILED imap .*FAILED smtp .*FAILED sieve .*FAILED dav /s)
  t.ok(connections >= 4, 'each is asked in the end')
})
