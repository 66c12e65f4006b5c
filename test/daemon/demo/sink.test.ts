import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import t from 'tap'
import { fillStore } from '../../../src/daemon/demo/fill-store.ts'
import { nextFreePort } from '../../../src/daemon/demo/free-ports.ts'
import { createSink } from '../../../src/daemon/demo/sink.ts'
import { Store } from '../../../src/store/store.ts'
import { silentLogger } from '../../support/silent-logger.ts'

t.test('what is sent to the sink is in the Inbox, octet for octet', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-sink-'))
  const store = Store.open(dir, { clock: Date.now, log: silentLogger() })
  await fillStore(store, { folders: [{ path: 'INBOX', role: 'inbox' }], messages: [] })
  const sink = createSink({
    ...{ port: 0, greeting: 'immediate', maxConnections: 4, hosts: ['127.0.0.1'], secureContext: () => undefined },
    events: { failed: error => t.fail(String(error)), refused: () => undefined, changed: () => undefined },
    ...{ store, clock: Date.now, signIn: async () => ({ kind: 'accepted', profile: 'demo' }) },
  })
  await sink.start()
  t.teardown(async () => {
    await sink.stop({ graceMs: 0 })
    store[Symbol.dispose]()
    rmSync(dir, { recursive: true })
  })
  const { port } = sink.status
  t.not(await nextFreePort(port), port, 'its port is taken, the next one is told')
  const transport = createTransport({ host: '127.0.0.1', port, auth: { user: 'a', pass: 'b' }, ignoreTLS: true })
  const raw = 'Subject: dots\r\n\r\n.one\r\n..two\r\nend.\r\n'
  await transport.sendMail({ envelope: { from: 'a@demo.example', to: ['b@demo.example'] }, raw })
  transport.close()
  const [item] = [...store.read.items(store.read.getFolder('INBOX').id)]
  t.equal(item && Buffer.concat([...store.read.body(item.location)]).toString(), raw)
})
