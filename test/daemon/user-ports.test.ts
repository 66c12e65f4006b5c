import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigFile } from '../../src/config/config-file.ts'
import { InstallationDefaults } from '../../src/config/installation-defaults.ts'
import { giveUserPorts } from '../../src/daemon/user-ports.ts'

const FOR_ALL = InstallationDefaults.parse('version: 1\n', 'defaults.yaml', true)

function open(t: Test, yaml = '', defaults = FOR_ALL): Promise<ConfigFile> {
  return ConfigFile.open(join(t.testdir({ 'config.yaml': yaml }), 'config.yaml'), defaults)
}

const portsOf = ({ config: { fronts } }: ConfigFile) => [fronts.pop3.port, fronts.smtp.port, fronts.imap.port]

t.test('users in a row get ports in a row, and the same ones again', async t => {
  const [ada, bob] = [await open(t), await open(t)]
  await giveUserPorts(ada, 4001)
  await giveUserPorts(bob, 4002)
  const [first = 0] = portsOf(ada)
  t.same(portsOf(ada), [first, first + 1, first + 2])
  t.same(portsOf(bob), [first + 4, first + 5, first + 6])
  await giveUserPorts(ada, 4099)
  t.equal(portsOf(ada)[0], first, 'what is written down stays')
})

t.test('where one of them is taken, the next user’s are taken, for good', async t => {
  const [before, after] = [await open(t), await open(t)]
  await giveUserPorts(before, 4101)
  const [first = 0] = portsOf(before)
  const other = createServer()
  await new Promise<void>(resolve => other.listen(first + 1, '127.0.0.1', resolve))
  await giveUserPorts(after, 4101).finally(() => other.close())
  t.same(portsOf(after), [first + 4, first + 5, first + 6])
  await giveUserPorts(after, 4101)
  t.equal(portsOf(after)[0], first + 4)
})

t.test('a home that is in use, or has ports of its own, keeps them', async t => {
  const used = await open(t, 'profiles: { work: { number: 1, email: a@b.example, imap: "imaps://b.example" } }\n')
  await giveUserPorts(used, 4201)
  t.same(portsOf(used), [5110, 5587, 5143])
  const own = await open(t, 'fronts: { pop3: { port: 7110 } }\n')
  await giveUserPorts(own, 4202)
  t.equal(portsOf(own)[0], 7110)
  t.not(portsOf(own)[1], 5587)
  const alone = await open(t, '', InstallationDefaults.none)
  await giveUserPorts(alone, 4203)
  t.same(portsOf(alone), [5110, 5587, 5143])
})

t.test('every number of a user gives ports below those of outgoing connections', async t => {
  for (const user of [0, 1000, 5631, 5632, 1_234_567_890, 4_294_967_295]) {
    const config = await open(t)
    await giveUserPorts(config, user)
    for (const port of portsOf(config)) t.ok(port >= 10_240 && port < 32_768, `${user}: ${port}`)
  }
})
