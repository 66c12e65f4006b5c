import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { findFreePorts } from '../../src/daemon/free-ports.ts'
import { portOf } from '../support/front-server.ts'

async function takePort(t: Test): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  t.teardown(() => server.close())
  return portOf(server.address())
}

t.test('a port that is free is given without an explanation', async t => {
  const [first] = await findFreePorts([await takePort(t)])
  const wished = first?.port ?? 0
  t.same(await findFreePorts([wished]), [{ port: wished, instead: undefined }])
})

t.test('for a taken port the next free one is given, and it is said why', async t => {
  const wished = await takePort(t)
  const [found] = await findFreePorts([wished], ['127.0.0.1'])
  t.ok((found?.port ?? 0) > wished)
  t.match(found?.instead, { wishedPort: wished, reason: 'taken' })
})

t.test('two wishes for one port are given two ports', async t => {
  const wished = await takePort(t)
  const [first, second] = await findFreePorts([wished, wished])
  t.not(first?.port, second?.port)
  t.match(second?.instead, { wishedPort: wished, reason: 'taken' })
})

t.test('where no port can be had, it is said', async t => {
  await t.rejects(findFreePorts([65_535], ['192.0.2.1']), { code: 'NET_PORT_TAKEN', remedy: 'user' })
})
