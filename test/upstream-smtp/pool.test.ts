import t, { type Test } from 'tap'
import { SmtpPool } from '../../src/upstream/smtp/pool.ts'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

async function makePool(t: Test, script: Script = FRIENDLY) {
  const server = await startScripted(t, script)
  const pool = new SmtpPool(() => connectTo(t, server.port))
  t.teardown(() => pool[Symbol.dispose]())
  return { pool, server }
}

t.test('a connection that was given back is used again', async t => {
  const { pool, server } = await makePool(t)
  const first = await pool.take()
  t.equal(first.isReused, false)
  pool.put(first.connection)
  const second = await pool.take()
  t.equal(second.isReused, true)
  t.equal(second.connection, first.connection)
  t.equal(server.sessions.length, 1)
})

t.test('who comes while all are busy gets a new one', async t => {
  const { pool, server } = await makePool(t)
  const [one, two] = [await pool.take(), await pool.take()]
  t.not(one.connection, two.connection)
  t.equal(server.sessions.length, 2)
})

t.test('a connection that died while it was idle is not given out', async t => {
  const { pool, server } = await makePool(t)
  const { connection } = await pool.take()
  pool.put(connection)
  server.sockets[0]?.destroy()
  await t.rejects(connection.expect(), { code: 'UPSTREAM_LOST' })
  t.equal((await pool.take()).isReused, false)
})

t.test('a connection whose server has said goodbye is not given out', async t => {
  const { pool, server } = await makePool(t, { ...FRIENDLY, NOOP: '250 ok\r\n421 4.4.2 idle for too long\r\n' })
  const { connection } = await pool.take()
  await connection.command('NOOP')
  pool.put(connection)
  t.equal((await pool.take()).isReused, false)
  t.equal(server.sessions.length, 2)
})

t.test('a transaction that was begun is taken back before the connection is used again', async t => {
  const { pool, server } = await makePool(t)
  const { connection } = await pool.take()
  await connection.command('MAIL FROM:<a@x>')
  pool.put(connection)
  t.equal((await pool.take()).isReused, false, 'not yet')
  while (!connection.isReusable) await new Promise(resolve => setImmediate(resolve))
  t.equal((await pool.take()).connection, connection)
  t.same(server.sessions[0]?.slice(1), ['MAIL FROM:<a@x>', 'RSET'])
})

t.test('connections are ended politely when the pool is', async t => {
  const { pool, server } = await makePool(t)
  pool.put((await pool.take()).connection)
  const ended = new Promise(resolve => server.sockets[0]?.once('end', resolve))
  pool[Symbol.dispose]()
  await ended
  t.same(server.sessions[0]?.slice(1), ['QUIT'])
})

t.test('after a change of the network nothing that was idle is given out', async t => {
  const { pool, server } = await makePool(t)
  pool.put((await pool.take()).connection)
  pool.drop()
  t.equal((await pool.take()).isReused, false)
  t.same(server.sessions[0]?.slice(1), [], 'nobody is there to hear a goodbye')
})
