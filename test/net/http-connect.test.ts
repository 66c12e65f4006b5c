import { once } from 'node:events'
import t from 'tap'
import { dial } from '../../src/net/dial.ts'
import { answering, startScriptedProxy } from '../support/scripted-proxy.ts'

const TARGET = { host: 'imap.example.test', port: 993 }
const never = new AbortController().signal

t.test('the name goes to the proxy, and what follows its answer belongs to the server', async t => {
  const heard: Buffer[] = []
  const proxy = await startScriptedProxy(
    t,
    'http',
    answering(['HTTP/1.1 200 OK\r\nVia: x\r\n\r\n* OK hello\r\n'], heard),
  )
  const socket = await dial(TARGET, never, { proxy })
  t.equal(String(heard[0]), 'CONNECT imap.example.test:993 HTTP/1.1\r\nHost: imap.example.test:993\r\n\r\n')
  const [first] = await once(socket, 'data')
  t.equal(String(first), '* OK hello\r\n')
  socket.destroy()
})

t.test('an answer may come octet by octet', async t => {
  const proxy = await startScriptedProxy(t, 'http', socket => {
    socket.once('data', () => {
      for (const octet of 'HTTP/1.0 200 Connection established\r\n\r\n* OK') socket.write(octet)
    })
  })
  const socket = await dial(TARGET, never, { proxy })
  let rest = ''
  while (rest !== '* OK') rest += String((await once(socket, 'data'))[0])
  t.equal(rest, '* OK')
  socket.destroy()
})

t.test('user and password are shown once they are known, and never told', async t => {
  const heard: Buffer[] = []
  const answer = 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'
  const bare = await startScriptedProxy(t, 'http', answering([answer], heard))
  const proxy = { ...bare, user: 'ada', password: 'pässword' }
  const error: unknown = await dial(TARGET, never, { proxy }).catch(error => error)
  t.match(error, {
    code: 'NET_PROXY_SIGN_IN',
    message: `The proxy http://127.0.0.1:${proxy.port} (set by network.proxy) refused its user name or password: 407`,
    advice: /postern proxy password/,
  })
  t.notMatch(JSON.stringify([error, (error as Error).message, (error as Error).stack]), /pässword|YWRh/)
  const basic = /Proxy-Authorization: Basic (\S+)/.exec(String(heard[0]))?.[1] ?? ''
  t.equal(Buffer.from(basic, 'base64').toString(), 'ada:pässword')
  await t.rejects(dial(TARGET, never, { proxy: bare }), { message: /wants a user name and a password/ })
})

t.test('a proxy that refuses is told in words', async t => {
  for (const [answer, expected] of [
    ['HTTP/1.1 403 Filtered\r\n\r\n', { code: 'NET_PROXY_REFUSED', message: /imap\.example\.test:993: 403 Filtered/ }],
    ['HTTP/1.1 405 \r\n\r\n', { code: 'NET_PROXY_REFUSED', advice: /web ports only/ }],
    ['HTTP/1.1 503 Down\r\n\r\n', { code: 'NET_PROXY_REFUSED', remedy: 'retry', advice: /does not reach the server/ }],
    [
      'HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Negotiate\r\n\r\n',
      { code: 'NET_PROXY_SIGN_IN', message: /does not know: NTLM, Negotiate/, advice: /cntlm/ },
    ],
    ['HTTP/2 200\r\n\r\n', { code: 'NET_PROXY_PROTOCOL' }],
    ['HTTP/1.1 2000 OK\r\n\r\n', { code: 'NET_PROXY_PROTOCOL' }],
    ['\x05\x00\r\n\r\n', { code: 'NET_PROXY_PROTOCOL', message: /does not speak HTTP/, advice: /socks5/ }],
    [`HTTP/1.1 403 ${'\x1b[2J'.repeat(900)}\r\n\r\n`, { code: 'NET_PROXY_REFUSED', message: /^[\x20-\x7e]{0,400}$/ }],
  ] as const) {
    const proxy = await startScriptedProxy(t, 'http', answering([answer]))
    await t.rejects(dial(TARGET, never, { proxy }), expected, JSON.stringify(answer.slice(0, 40)))
  }
})

t.test('header lines without an end are given up', async t => {
  let written = 0
  const proxy = await startScriptedProxy(t, 'http', socket => {
    const more = () => {
      while (!socket.destroyed && written < 100_000_000) {
        written += 1000
        if (!socket.write(`X: ${'y'.repeat(995)}\r\n`)) return
      }
    }
    socket.write('HTTP/1.1 200 OK\r\n')
    socket.on('drain', more).once('data', more)
  })
  await t.rejects(dial(TARGET, never, { proxy }), { code: 'NET_PROXY_PROTOCOL', message: /16384 octets/ })
  t.ok(written < 50_000_000, 'it was not read to its end')
})

t.test('a host that could smuggle a header line goes nowhere', async t => {
  const heard: Buffer[] = []
  const proxy = await startScriptedProxy(t, 'http', answering([], heard))
  for (const host of ['a.test\r\nX: y', 'a b', 'x\0y', '::1%\r\n']) {
    await t.rejects(dial({ host, port: 1 }, never, { proxy }), { code: 'NET_DNS' })
  }
  t.same(heard, [])
})
