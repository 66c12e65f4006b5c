import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { DavCollection } from '../../src/upstream/dav/dav-collection.ts'
import { DavHttp } from '../../src/upstream/dav/http/dav-http.ts'
import { assertTrusted } from '../../src/upstream/dav/http/redirects.ts'
import { calendarAt, connectTestDav, davOptions } from '../support/dav.ts'
import { member, startScriptedDav } from '../support/dav-script.ts'

const OCTETS = Buffer.from('x')

t.test('connections are kept, and those that have ended meanwhile are replaced', async t => {
  const server = await startScriptedDav(t, ({ earlier }, response) => {
    if (earlier === 0) return { status: 204 }
    response.destroy() // as a server does whose patience ended in this moment
    return undefined
  })
  const work = calendarAt(t, new URL('/work/', server.url))
  for (let n = 0; n < 4; n++) t.match(await work.write('/work/a', OCTETS, 'absent'), { kind: 'done' })
  const replaced = server.requests.filter(({ earlier }) => earlier > 0).length
  t.ok(replaced > 0)
  t.equal(server.requests.length, 4 + replaced)
})

t.test('a server that ends new connections has failed', async t => {
  const server = await startScriptedDav(t, (_, response) => {
    response.destroy()
    return undefined
  })
  const work = calendarAt(t, new URL('/work/', server.url))
  await t.rejects(work.write('/work/a', OCTETS, 'absent'), { code: 'UPSTREAM_LOST', remedy: 'retry' })
  t.equal(server.requests.length, 1)
})

t.test('no more than four requests are under way', async t => {
  const server = await startScriptedDav(t, (_, response) => {
    setImmediate(() => response.writeHead(204).end())
    return undefined
  })
  const work = calendarAt(t, new URL('/work/', server.url))
  const names = Array.from({ length: 40 }, (_, n) => `/work/${n}`)
  await Promise.all(names.map(name => work.write(name, OCTETS, 'absent')))
  t.equal(server.requests.length, 40)
  t.equal(server.most(), 4)
})

t.test('a server that says nothing, or stops in the middle, is given up', async t => {
  for (const begin of ['', '<multistatus xmlns="DAV:">']) {
    const server = await startScriptedDav(t, (_, response) => {
      if (begin !== '') response.writeHead(207).write(begin)
      return undefined
    })
    const work = calendarAt(t, new URL('/work/', server.url), { deadlines: { silenceMs: 100, totalMs: 60_000 } })
    await t.rejects(work.changes(undefined), { code: 'UPSTREAM_SILENT', message: /said nothing for 0.1 s/ })
  }
})

t.test('a server that goes on for ever is given up', async t => {
  const server = await startScriptedDav(t, (_, response) => {
    response.writeHead(207)
    const timer = setInterval(() => response.write(' '), 10)
    response.on('close', () => clearInterval(timer))
    return undefined
  })
  const work = calendarAt(t, new URL('/work/', server.url), { deadlines: { silenceMs: 60_000, totalMs: 200 } })
  await t.rejects(work.changes(undefined), { code: 'UPSTREAM_SILENT', message: /did not complete/ })
})

t.test('what is under way ends with the signal, and with the client', async t => {
  const server = await startScriptedDav(t, () => undefined)
  const abort = new AbortController()
  const reason = new Error('enough')
  const url = async () => new URL('/work/', server.url)
  using http = new DavHttp(davOptions('ada', 'secret'), abort.signal)
  const asked = new DavCollection({ http, kind: 'calendar', url }).changes(undefined)
  while (server.requests.length < 1) await nextTurn()
  abort.abort(reason)
  await t.rejects(asked, reason)
  const other = new DavHttp(davOptions('ada', 'secret'), new AbortController().signal)
  const again = new DavCollection({ http: other, kind: 'calendar', url }).changes(undefined)
  while (server.requests.length < 2) await nextTurn()
  other[Symbol.dispose]()
  await t.rejects(again, { code: 'UPSTREAM_LOST' })
})

t.test('an answer without an end is not read without an end', async t => {
  let octets = 0
  const server = await startScriptedDav(t, (_, response) => {
    response.writeHead(207).write('<d:multistatus xmlns:d="DAV:">')
    const members = Array.from({ length: 1000 }, (_, n) => member(`/work/${n}`)).join('')
    const more = () => {
      while (!response.destroyed && response.write(members)) octets += members.length
    }
    response.on('drain', more)
    more()
    return undefined
  })
  const dav = connectTestDav(server.url, davOptions('ada', 'secret'))
  t.teardown(() => dav[Symbol.asyncDispose]())
  await t.rejects(dav.list(), { code: 'UPSTREAM_PROTOCOL', cause: { message: /more than 16 MB/ } })
  t.ok(octets < 200 * 1_048_576, 'at each of the places that were asked')
})

t.test('a password goes to the same host, to hosts beside it and to those that were approved', async t => {
  const from = new URL('https://caldav.example.com/')
  const trusted = { approvedHosts: ['dav.other.example', '.cloud.example'] }
  const goes = (to: string, start = from) => {
    try {
      assertTrusted(start, new URL(to), trusted)
      return true
    } catch {
      return false
    }
  }
  for (const to of [
    ...['https://caldav.example.com/x', 'https://caldav.example.com:8443/', 'https://p34-caldav.example.com/'],
    ...['https://dav.other.example/', 'https://a.b.cloud.example/'],
  ]) {
    t.ok(goes(to), to)
  }
  for (const to of [
    ...['http://caldav.example.com/', 'https://evil.com/', 'https://example.com.evil.com/', 'https://xexample.com/'],
    ...['https://other.example/', 'https://cloud.example.evil/', 'http://p34-caldav.example.com/'],
  ]) {
    t.notOk(goes(to), to)
  }
  t.notOk(goes('https://evil.co.uk/', new URL('https://mine.co.uk/')), 'a registry’s domain')
  t.notOk(goes('https://evil.com/', new URL('https://example.com/')))
  t.notOk(goes('https://10.0.0.2/', new URL('https://10.0.0.1/')))
  t.ok(goes('https://mine.example/', new URL('http://mine.example/')), 'into TLS')
})
