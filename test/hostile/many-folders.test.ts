import { performance } from 'node:perf_hooks'
import process from 'node:process'
import t from 'tap'
import { SpoiledImap } from '../support/spoiled-imap.ts'
import { LocalSide } from '../support/story/local-side.ts'

const IS_LONG = process.env.POSTERN_LONG === '1'
const FOLDERS = IS_LONG ? 100_000 : 10_000
const MAX_GROWN_MB = IS_LONG ? 1200 : 300 // with the server, which is in this process
const MAX_SECONDS = IS_LONG ? 200 : 60 // a command each; the rest is patience with a slow machine

t.setTimeout(300_000)

t.test('an account of very many folders is listed and read, in bounded time and memory', async t => {
  const imap = await SpoiledImap.start(t)
  imap.capabilities = 'LITERAL+ CONDSTORE'
  for (let index = 0; index < FOLDERS; index++) imap.addFolder(`f${index}`)
  imap.add('f77', 'the only message')
  const here = new LocalSide({ port: imap.port, user: 'ada', password: 'secret' })
  t.teardown(() => here[Symbol.dispose]())
  const [began, before] = [performance.now(), process.memoryUsage().rss]
  const first = await here.sync(60_000)
  const seconds = (performance.now() - began) / 1000
  const grown = (process.memoryUsage().rss - before) / 1_048_576
  t.match(first, { downloaded: 1, errors: { length: 0 } })
  t.equal(here.store.read.folders().length, FOLDERS + 1)
  const again = performance.now()
  t.match(await here.sync(60_000), { downloaded: 0, errors: { length: 0 } })
  t.comment(
    `${FOLDERS} folders: ${seconds.toFixed(1)} s, then ${((performance.now() - again) / 1000).toFixed(1)} s; RSS grew by ${grown.toFixed(0)} MB`,
  )
  t.ok(seconds < MAX_SECONDS, `${seconds} s`)
  t.ok(grown < MAX_GROWN_MB, `${grown} MB`)
})
