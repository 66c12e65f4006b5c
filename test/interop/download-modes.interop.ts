import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const DAY_MS = 86_400_000
const SIZES = { small: 1000, middle: 50_000, large: 2_000_000 } as const

interface Item {
  readonly id: string
  readonly uid: number
  readonly subject: string
  readonly size: number
  readonly state: string
}

function letter(subject: string, octets: number): string {
  const head = `Message-ID: <${subject}@x>\r\nFrom: Ada <ada@x>\r\nSubject: ${subject}\r\n\r\n`
  const line = `${'x'.repeat(70)}\r\n`
  return (head + line.repeat(Math.ceil(octets / line.length))).slice(0, octets - 2).concat('\r\n')
}

t.test(
  'what is downloaded of a message, and what comes when it is wanted',
  { skip: dovecotMissing() ?? false },
  async t => {
    const dovecot = await startDovecot({ users: [USER] })
    t.teardown(() => dovecot[Symbol.asyncDispose]())
    await using home = new PosternHome()
    home.configure()
    const other = await connectOther(t, dovecot.imapPort)
    for (const [subject, octets] of Object.entries(SIZES)) await other.append('INBOX', letter(subject, octets), [])
    await other.append('INBOX', letter('old', 50_000), [], new Date(Date.now() - 40 * DAY_MS))
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    const set = (key: string, value: string) => home.json(['profile', 'set', 'work', key, value])
    const sync = async () => (await home.json(['sync'])) as { downloaded: number }
    const items = async (folder = 'INBOX') => (await home.json(['item', 'list', folder])) as Item[]
    const states = async () => Object.fromEntries((await items()).map(({ subject, state }) => [subject, state]))
    const find = async (subject: string, folder = 'INBOX') => {
      const item = (await items(folder)).find(item => item.subject === subject)
      if (!item) throw new Error(`no item ${subject}`)
      return item
    }

    await t.test('metered: headers only, with the true sizes; then what the mode says', async t => {
      await set('downloadMode', 'custom')
      await set('downloadThresholdMb', '0.01')
      await set('metered', 'true')
      t.match(await sync(), { downloaded: 4, errors: { length: 0 } })
      t.same(await states(), { small: 'header', middle: 'header', large: 'header', old: 'header' })
      t.equal((await find('large')).size, SIZES.large)
      await set('metered', 'false')
      t.match(await sync(), { downloaded: 1, errors: { length: 0 } })
      t.same(await states(), { small: 'full', middle: 'header', large: 'header', old: 'header' })
    })

    await t.test('an export fetches what is missing, to the octet', async t => {
      const { id } = await find('middle')
      t.equal((await home.run(['item', 'export', id])).stdout, letter('middle', SIZES.middle))
      t.equal((await find('middle')).state, 'full')
      t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
    })

    await t.test('a header can be moved and flagged; the server keeps all of it', async t => {
      const { id } = await find('large')
      await home.json(['item', 'flag', id, '+\\Flagged'])
      await home.json(['item', 'move', id, 'Sent'])
      t.match(await sync(), { errors: { length: 0 } })
      await other.mailboxOpen('Sent')
      const [there] = await other.fetchAll('1:*', { size: true, flags: true })
      t.equal(there?.size, SIZES.large)
      t.ok(there?.flags?.has('\\Flagged'))
      t.match(await items('Sent'), [{ id, state: 'header', size: SIZES.large }])
    })

    await t.test('a daemon fetches on demand, for several at once', async t => {
      const daemon = await home.start()
      const { id } = await find('large', 'Sent')
      const old = await find('old')
      const runs = await Promise.all([home.json(['item', 'fetch', id]), home.json(['item', 'fetch', id, old.id])])
      const all = runs as { fetched: string[]; already: string[]; errors: unknown[] }[]
      t.same(
        all.flatMap(({ errors }) => errors),
        [],
      )
      t.same(new Set(all.flatMap(({ fetched, already }) => [...fetched, ...already])), new Set([id, old.id]))
      t.equal((await home.run(['item', 'export', id])).stdout, letter('large', SIZES.large))
      t.match(await home.json(['item', 'fetch', id]), { fetched: { length: 0 }, already: [id] })
      const story = (await home.json(['item', 'explain', '<large@x>'])) as { matches: { story: { event: string }[] }[] }
      const events = story.matches[0]?.story.map(({ event }) => event) ?? []
      for (const event of [
        'seen',
        'downloaded',
        'imported',
        'flags-changed',
        'moved',
        'moved-upstream',
        'body-fetched',
      ]) {
        t.ok(events.includes(event), event)
      }
      t.same(await home.json(['ignored', 'list']), [])
      await home.json(['stop'])
      await new Promise(resolve =>
        daemon.child.exitCode === null ? daemon.child.once('exit', resolve) : resolve(undefined),
      )
    })

    await t.test('old bodies go, and come back with the setting', async t => {
      await set('downloadMode', 'full')
      t.match(await sync(), { errors: { length: 0 } })
      t.ok(Object.values(await states()).every(state => state === 'full'))
      await set('keepDays', '30')
      t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
      t.same(await states(), { small: 'full', middle: 'full', old: 'full' }, 'it was wanted just now')
      await other.mailboxOpen('INBOX')
      await other.append('INBOX', letter('older', 30_000), [], new Date(Date.now() - 50 * DAY_MS))
      t.match(await sync(), { downloaded: 1, errors: { length: 0 } })
      t.equal((await states()).older, 'header')
      await set('keepDays', '0')
      t.match(await sync(), { downloaded: 1, errors: { length: 0 } })
      t.equal((await home.run(['item', 'export', (await find('older')).id])).stdout, letter('older', 30_000))
    })

    await t.test('without the server a header stays one, and says so', async t => {
      await set('downloadMode', 'headers')
      for (const subject of ['early', 'late']) await other.append('INBOX', letter(subject, 9000), [])
      t.match(await sync(), { downloaded: 2, errors: { length: 0 } })
      await home.json(['item', 'copy', (await find('early')).id, 'Sent'])
      t.same([(await find('early')).state, (await find('early', 'Sent')).state], ['full', 'full'], 'a copy is uploaded')
      t.match(await sync(), { uploaded: 1, errors: { length: 0 } })
      const { id } = await find('late')
      await other.logout()
      await dovecot[Symbol.asyncDispose]()
      const exported = await home.run(['item', 'export', id, '--json'])
      t.equal(exported.code, 1)
      t.match(exported.json(), { error: { code: 'STORE_HEADER_ONLY', message: /cannot be fetched now/ } })
      const folder = await home.run(['item', 'export', '--folder', 'INBOX', '--out', `${home.dir}/out`, '--json'])
      t.match([folder.code, folder.json()], [1, { error: { code: 'STORE_HEADER_ONLY' } }])
      const copied = await home.run(['item', 'copy', id, 'Sent', '--json'])
      t.match([copied.code, copied.json()], [1, { error: { code: 'STORE_HEADER_ONLY' } }])
      const fetched = await home.run(['item', 'fetch', id, '--json'])
      t.equal(fetched.code, 1)
      t.match(fetched.json(), { error: { code: /^NET_/ } })
    })
  },
)

async function connectOther(t: Test, port: number): Promise<ImapFlow> {
  const auth = { user: USER, pass: DOVECOT_PASSWORD }
  const other = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
  await other.connect()
  t.teardown(() => other.close())
  return other
}
