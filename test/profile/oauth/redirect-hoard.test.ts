import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { listenForRedirect } from '../../../src/profile/oauth/loopback-redirect.ts'

const MORE_THAN_IT_HOLDS = 20

t.test('a local program that holds all connections does not keep the browser away', async t => {
  await using listener = await listenForRedirect({ isOurs: state => state === 'ours', port: 0 })
  const { port } = listener
  const hoard = Array.from({ length: MORE_THAN_IT_HOLDS }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  )
  t.teardown(() => {
    for (const socket of hoard) socket.destroy()
  })
  await Promise.all(hoard.map(socket => once(socket, 'connect')))
  const response = await fetch(`http://127.0.0.1:${port}/?code=x&state=ours`)
  t.equal(response.status, 200)
  t.equal((await listener.redirected).searchParams.get('code'), 'x')
})
