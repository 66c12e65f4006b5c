import process from 'node:process'
import t from 'tap'
import { connectTestDav, davOptions, OtherClient } from '../support/dav.ts'
import { DAV_SERVERS } from '../support/dav-servers.ts'
import { DavWorld } from '../support/dav-world.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { sampled } from '../support/sample.ts'
import { storeWithInbox } from '../support/store.ts'

const ROUNDS = Number(process.env.POSTERN_DAV_ROUNDS ?? 40)
const SEED = Number(process.env.POSTERN_DAV_SEED ?? 1)
const PLAIN = DAV_SERVERS.filter(each => !each.name.includes('TLS'))

for (const [index, { name, missing, start }] of sampled(PLAIN).entries()) {
  // Who wins is decided here, whatever server it is: test/sync/collection-model.test.ts has both with all that can happen.
  const winner = index % 2 === 0 ? 'server' : 'client'
  t.test(`two sides change a calendar of ${name}, the ${winner} wins`, { skip: missing() ?? false }, async t => {
    await using server = await start(t.testdir())
    const { user, password } = server
    const other = new OtherClient(server.url, user, password)
    await other.makeCalendar(`${server.calendars}work/`, 'Work')
    await using proxy = await startFaultProxy(Number(server.url.port))
    const near = new URL(server.url)
    near.port = String(proxy.port)
    const world = new DavWorld({
      ...{ seed: SEED, winner, proxy, other, store: storeWithInbox(t).store, place: `${server.calendars}work/` },
      connect: () => connectTestDav(near, davOptions(user, password)),
    })
    t.strictSame(await world.run(ROUNDS), [])
    t.comment(`${ROUNDS} rounds, ${world.faults} broken runs`)
    t.ok(world.faults > ROUNDS / 10, 'connections were cut')
  })
}
