import { once } from 'node:events'
import t from 'tap'
import { dial } from '../../src/net/dial.ts'
import { answering, startScriptedProxy } from '../support/scripted-proxy.ts'

const TARGET = { host: 'imap.example.test', port: 993 }
const never = new AbortController().signal
const GRANTED = Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)

t.test('the name goes to the proxy, and what follows its answer belongs to the server', async t => {
  for (const [host, wire] of [
    ['imap.example.test', Buffer.from('\x03\x11imap.example.test')],
    ['bücher.example', Buffer.from('\x03\x15xn--bcher-kva.example')],
    ['192.0.2.7', Buffer.of(1, 192, 0, 2, 7)],
    ['2001:db8::7', Buffer.of(4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)],
    ['::ffff:192.0.2.7', Buffer.of(4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7)],
  ] as const) {
    const heard: Buffer[] = []
    const answers = [Buffer.of(5, 0), Buffer.concat([GRANTED, Buffer.from('* OK hello\r\n')])]
    const proxy = await startScriptedProxy(t, 'socks5', answering(answers, heard))
    const socket = await dial({ host, port: 993 }, never, { proxy })
    t.same(heard, [Buffer.of(5, 1, 0), Buffer.concat([Buffer.of(5, 1, 0), wire, Buffer.of(3, 0xe1)])], host)
    const [first] = await once(socket, 'data')
    t.equal(String(first), '* OK hello\r\n')
    socket.destroy()
  }
})

t.test('an answer may come octet by octet, with an address of any kind', async t => {
  for (const address of [
    Buffer.of(1, 1, 2, 3, 4),
    Buffer.concat([Buffer.of(4), Buffer.alloc(16)]),
    Buffer.concat([Buffer.of(3, 255), Buffer.alloc(255)]),
    Buffer.of(3, 0),
  ]) {
    const answer = Buffer.concat([Buffer.of(5, 0, 0), address, Buffer.of(0, 0), Buffer.from('!')])
    const proxy = await startScriptedProxy(t, 'socks5', socket => {
      socket.once('data', () => {
        for (const octet of Buffer.of(5, 0)) socket.write(Buffer.of(octet))
        socket.once('data', () => {
          for (const octet of answer) socket.write(Buffer.of(octet))
        })
      })
    })
    const socket = await dial(TARGET, never, { proxy })
    t.equal(String((await once(socket, 'data'))[0]), '!')
    socket.destroy()
  }
})

t.test('a proxy with a password', async t => {
  const heard: Buffer[] = []
  const answers = [Buffer.of(5, 2), Buffer.of(1, 0), GRANTED]
  const bare = await startScriptedProxy(t, 'socks5', answering(answers, heard))
  const socket = await dial(TARGET, never, { proxy: { ...bare, user: 'ada', password: 'sécret' } })
  t.same(heard.slice(0, 2), [Buffer.of(5, 2, 0, 2), Buffer.from('\x01\x03ada\x07sécret')])
  socket.destroy()
})

t.test('a proxy that refuses is told in words', async t => {
  const failure = (code: number) => [Buffer.of(5, 0), Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0)]
  for (const [answers, expected] of [
    [failure(1), { code: 'NET_PROXY_REFUSED', message: /general failure/ }],
    [failure(2), { code: 'NET_PROXY_REFUSED', message: /imap\.example\.test:993: not allowed by its rules/ }],
    [failure(4), { code: 'NET_PROXY_REFUSED', message: /host unreachable/, advice: /Check host and port/ }],
    [failure(5), { code: 'NET_PROXY_REFUSED', message: /refused the connection/ }],
    [failure(99), { code: 'NET_PROXY_REFUSED', message: /unknown failure \(99\)/ }],
    [[Buffer.of(5, 0xff)], { code: 'NET_PROXY_SIGN_IN', message: /wants a user name/ }],
    [[Buffer.of(5, 2)], { code: 'NET_PROXY_PROTOCOL', message: /not offered/ }],
    [[Buffer.of(4, 0)], { code: 'NET_PROXY_PROTOCOL', message: /does not speak SOCKS5/ }],
    [['HTTP/1.1 400 Bad Request\r\n\r\n'], { code: 'NET_PROXY_PROTOCOL', advice: /http:\/\// }],
    [[Buffer.of(5, 0), Buffer.of(4, 0, 0, 1)], { code: 'NET_PROXY_PROTOCOL' }],
    [[Buffer.of(5, 0), Buffer.of(5, 0, 0, 9)], { code: 'NET_PROXY_PROTOCOL', message: /unknown kind/ }],
  ] as const) {
    const proxy = await startScriptedProxy(t, 'socks5', answering(answers))
    await t.rejects(dial(TARGET, never, { proxy }), expected, JSON.stringify(answers))
  }
  const strict = await startScriptedProxy(t, 'socks5', answering([Buffer.of(5, 2), Buffer.of(1, 1)]))
  const signIn = { ...strict, user: 'ada', password: 'x' }
  await t.rejects(dial(TARGET, never, { proxy: signIn }), {
    code: 'NET_PROXY_SIGN_IN',
    message: /refused its user name/,
  })
  for (const password of ['', 'x'.repeat(256)]) {
    await t.rejects(dial(TARGET, never, { proxy: { ...signIn, password } }), {
      code: 'NET_PROXY_SIGN_IN',
      message: /1 to 255/,
    })
  }
})
