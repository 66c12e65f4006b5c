import t from 'tap'
import { findPortal, portalIn } from '../../src/net/captive-portal.ts'
import { answering, startScriptedProxy } from '../support/scripted-proxy.ts'

const never = new AbortController().signal
const redirect = (to: string, status = '302 Found') => `HTTP/1.1 ${status}\r\nLocation: ${to}\r\n\r\n`
const refresh = (to: string) => `<html><head><meta http-equiv="refresh" content="0; url=${to}"></head>`
const OK = 'HTTP/1.1 200 OK\r\n\r\n'

t.test('what is a sign-in page of a network, and what is none', async t => {
  for (const [head, body, expected] of [
    [redirect('http://login.hotel.example/?url=x'), '', 'login.hotel.example'],
    [redirect('https://10.0.0.1:8443/portal', '307 x'), '', '10.0.0.1:8443'],
    ['HTTP/1.1 511 Network Authentication Required\r\n\r\n', '', 'imap.example.org'],
    ['HTTP/1.1 511 x\r\nLOCATION: http://login.net/\r\n\r\n', '', 'http://login.net/'],
    [OK, refresh('http://guest.wifi.example/'), 'guest.wifi.example'],
    [redirect('https://imap.example.org/'), '', undefined],
    [redirect('https://www.example.org/webmail'), '', undefined],
    [redirect('/webmail'), '', undefined],
    [redirect('http://'), '', undefined],
    [OK, '<html>It works!</html>', undefined],
    [OK, refresh('https://example.org/'), undefined],
    ['HTTP/1.1 404 Not Found\r\nLocation: http://login.hotel.example/\r\n\r\n', '', undefined],
    ['* OK IMAP4rev1\r\n\r\n', '', undefined],
    ['', '', undefined],
  ] as const) {
    t.equal(portalIn('imap.example.org', head, body), expected, JSON.stringify([head, body]))
  }
  t.match(
    portalIn('a.example', redirect(`http://${'x'.repeat(60)}.example/`.replace('example', 'evil')), ''),
    /^[!-~]{1,100}$/,
  )
})

t.test('the hosts are asked, and told nothing but their name', async t => {
  const heard: Buffer[] = []
  const portal = await startScriptedProxy(t, 'http', socket => {
    socket.once('data', chunk => {
      heard.push(chunk)
      socket.end(redirect('http://login.hotel.example/'))
    })
  })
  const options = { signal: never, placeOf: () => portal }
  t.equal(await findPortal(['imap.example.org', 'imap.example.org', '127.0.0.1'], options), 'login.hotel.example')
  t.same(heard.map(String), ['GET / HTTP/1.1\r\nHost: imap.example.org\r\nConnection: close\r\n\r\n'])
})

t.test('a page without an end, and one that never comes, are no sign-in pages', async t => {
  const endless = await startScriptedProxy(t, 'http', socket => {
    const more = () => {
      while (!socket.destroyed && socket.write('x'.repeat(60_000)));
    }
    socket.once('data', () => socket.write(OK) && more())
    socket.on('drain', more)
  })
  const heads = await startScriptedProxy(
    t,
    'http',
    socket => void socket.once('data', () => socket.write('y'.repeat(20_000))),
  )
  const silent = await startScriptedProxy(t, 'http', answering([]))
  const gone = await startScriptedProxy(t, 'http', socket => socket.destroy())
  for (const place of [endless, heads, silent, gone]) {
    const options = { signal: never, timeoutMs: 300, placeOf: () => place }
    t.equal(await findPortal(['imap.example.org'], options), undefined)
  }
})
