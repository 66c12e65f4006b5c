import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createSubmissionSink, type Deliver } from '../../../src/daemon/demo/sink.ts'
import { StoreInbox } from '../../../src/daemon/demo/store-inbox.ts'
import { checkStore } from '../../../src/store/maintenance/repair/check-store.ts'
import { Client, strictEvents } from '../../support/front-server.ts'
import { finish, openStore } from '../../support/store.ts'

const USER = 'you@demo.example'
const PASSWORD = 'demo'
const SIGN_IN = `EHLO x\r\nAUTH PLAIN ${Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')}\r\n`

async function startSink(t: Test, deliver: Deliver, maxMessageOctets?: number) {
  const sink = { user: USER, password: PASSWORD, deliver, log: pino({ level: 'silent' }) }
  const listener = createSubmissionSink(
    { ...sink, ...(maxMessageOctets === undefined ? {} : { maxMessageOctets }) },
    { port: 0, greeting: 'immediate', maxConnections: 10, secureContext: () => undefined, events: strictEvents(t) },
  )
  const { port } = await listener.start()
  t.teardown(() => listener[Symbol.asyncDispose]())
  return port
}

function makeInbox(t: Test) {
  const dir = t.testdir()
  const store = openStore(join(dir, 'store'))
  t.teardown(() => store[Symbol.dispose]())
  store.transact(transactor => transactor.ensureInbox())
  const delivered: number[] = []
  const spoolDir = join(dir, 'spool')
  const clock = () => Date.UTC(2026, 0, 2)
  const inbox = new StoreInbox({ store, spoolDir, clock, onDelivered: item => delivered.push(item) })
  return { store, spoolDir, delivered, deliver: inbox.deliver.bind(inbox) }
}

t.test('a message that nodemailer sends is in the Inbox, octet for octet', async t => {
  const { store, spoolDir, delivered, deliver } = makeInbox(t)
  const port = await startSink(t, deliver)
  const raw = Buffer.from(
    'Subject: dots\r\nMessage-ID: <1@demo.example>\r\n\r\n.\r\n..two\r\n.one\r\nend\xe9\r\n',
    'latin1',
  )
  const transport = nodemailer.createTransport({
    ...{ host: '127.0.0.1', port, secure: false, ignoreTLS: true, auth: { user: USER, pass: PASSWORD } },
  })
  await transport.sendMail({ envelope: { from: USER, to: ['anybody@anywhere.example'] }, raw })
  transport.close()
  t.equal(delivered.length, 1, 'who waits for mail is told')
  const [item] = store.read.items(store.read.getFolder('INBOX').id)
  t.match(item, { subject: 'dots', messageId: '<1@demo.example>', internalDateMs: Date.UTC(2026, 0, 2) })
  t.same(item && Buffer.concat([...store.read.body(item.location)]), raw)
  t.same(readdirSync(spoolDir), [], 'nothing is left of the way in')
})

t.test('a large message comes in chunks of any size, and is still the same', async t => {
  const { store, deliver } = makeInbox(t)
  const port = await startSink(t, deliver)
  const line = `.${'x'.repeat(70)}\r\n`
  const body = Buffer.from(`Subject: large\r\n\r\n${line.repeat(40_000)}`)
  const client = Client.to(port).send(`${SIGN_IN}MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n`)
  await client.until(/^354/m)
  const wire = Buffer.from(`Subject: large\r\n\r\n${`.${line}`.repeat(40_000)}.\r\n`)
  for (let at = 0, size = 1; at < wire.length; at += size, size = (size * 7) % 99_991) {
    client.send(wire.subarray(at, at + size))
  }
  t.match(await client.until(/^250 2\.0\.0|^[45]/m), /^250 2\.0\.0 delivered/m)
  client.socket.destroy()
  const [item] = store.read.items(store.read.getFolder('INBOX').id)
  t.same(item?.sha256, createHash('sha256').update(body).digest())
  t.same(finish(checkStore(store.dir, { isFull: true })).problems, [])
})

t.test('nothing is delivered of a message whose client leaves in the middle', async t => {
  const { store, spoolDir, deliver } = makeInbox(t)
  const ended = Promise.withResolvers<unknown>()
  const port = await startSink(t, octets => {
    const delivery = deliver(octets)
    delivery.then(() => ended.resolve('delivered'), ended.resolve)
    return delivery
  })
  const client = Client.to(port).send(`${SIGN_IN}MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n`)
  await client.until(/^354/m)
  client.send('Subject: half\r\n\r\n')
  client.socket.end()
  t.match(await ended.promise, { message: 'the message was broken off' })
  t.same([...store.read.items(store.read.getFolder('INBOX').id)], [])
  t.same(readdirSync(spoolDir), [])
})

t.test('a message that cannot be stored is refused for now, after its end', async t => {
  const port = await startSink(t, async () => {
    throw new Error('no room')
  })
  const client = Client.to(port).send(`${SIGN_IN}MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n`)
  await client.until(/^354/m)
  client.send(`Subject: x\r\n\r\n${'much\r\n'.repeat(100_000)}.\r\nQUIT\r\n`)
  t.match(await client.closed(), /^452 4\.3\.1 .*\r\n221 /m)
})

t.test('only the one user with the one password may send, and no more than the limit', async t => {
  const port = await startSink(t, async octets => void (await Array.fromAsync(octets)), 1000)
  const wrong = `AUTH PLAIN ${Buffer.from(`\0${USER}\0wrong`).toString('base64')}\r\n`
  const other = `AUTH PLAIN ${Buffer.from(`\0me@demo.example\0${PASSWORD}`).toString('base64')}\r\n`
  const client = Client.to(port).send(`EHLO x\r\n${wrong}`)
  await client.until(/^535/m)
  client.send(`${other}MAIL FROM:<a@x.example>\r\nQUIT\r\n`)
  t.match(await client.closed(), /^535 .*\r\n535 .*\r\n530 /m)
  const large = Client.to(port).send(`${SIGN_IN}MAIL FROM:<a@x.example> SIZE=1001\r\nQUIT\r\n`)
  t.match(await large.closed(), /^552 5\.3\.4/m)
})
