import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import type { PosternHome } from '../support/postern.ts'
import { lookUntil } from '../support/watched-home.ts'

const COUNT = 60
const letter = (index: number) =>
  `Message-ID: <m${index}@x>\r\nFrom: Jürgen <j${index}@example.test>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_${index}?=\r\n` +
  `Content-Type: text/plain; charset=utf-8\r\n\r\nDas Donaudampfschiff ${index} fährt. 東京都${index}\r\n`

const fileOf = (home: PosternHome) => join(home.dir, 'profiles', 'work', 'search.sqlite')

function indexed(home: PosternHome): number {
  if (!existsSync(fileOf(home))) return 0
  const database = new DatabaseSync(fileOf(home), { readOnly: true })
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM document').get()?.n)
  } catch {
    return 0 // being made
  } finally {
    database.close()
  }
}

const allIndexed = (home: PosternHome, count: number) =>
  lookUntil(
    () => indexed(home),
    known => known === count,
  )

async function found(port: number, query: object): Promise<number[]> {
  const client = await imapflowOn(port)
  try {
    await client.mailboxOpen('INBOX')
    return (await client.search(query, { uid: true })) || []
  } finally {
    client.close()
  }
}

t.test(
  'the daemon indexes what comes; searches are right with the index, without it and after a crash',
  {
    skip: dovecotMissing() ?? false,
  },
  async t => {
    await using dovecot = await startDovecot({ users: [FRONT_USER] })
    const server = await imapflowOn(dovecot.imapPort)
    for (let index = 1; index <= COUNT; index++) await server.append('INBOX', letter(index))
    await using home = await frontHome(dovecot.imapPort)
    await home.json(['sync', '--wait'])
    const daemon = await home.start()
    await allIndexed(home, COUNT)
    const port = await frontPort(home)
    t.equal((await found(port, { body: 'DONAUDAMPF' })).length, COUNT)
    t.same(await found(port, { body: '東京都17' }), [17])
    t.same(await found(port, { subject: 'grüße 42' }), [42])
    t.same(await found(port, { from: 'jurgen <j9@' }), [9])

    await server.append('INBOX', letter(COUNT + 1))
    await allIndexed(home, COUNT + 1)
    t.equal((await found(port, { body: `schiff ${COUNT + 1}` })).length, 1)

    await home.killTree(daemon.child)
    truncateSync(fileOf(home), 5000)
    await home.start()
    const anew = await frontPort(home)
    t.same(await found(anew, { body: '東京都17' }), [17], 'before it is made anew, or after')
    await allIndexed(home, COUNT + 1)
    t.same(await found(anew, { body: '東京都17' }), [17])
    server.close()
  },
)
