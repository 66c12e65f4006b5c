import t from 'tap'
import { connectTestDav, davOptions, event, OtherClient } from '../support/dav.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from '../support/radicale.ts'

const MANY = 1100

t.test('more than a thousand events come as a whole', { skip: radicaleMissing() ?? false }, async t => {
  await using radicale = await startRadicale({ users: ['ada'] })
  const other = new OtherClient(radicale.url, 'ada', RADICALE_PASSWORD)
  // Radicale takes a whole calendar, and makes an object of each event in it.
  const inner = (n: number) => /BEGIN:VEVENT.*END:VEVENT\r\n/s.exec(event(`uid-${n}`, `Number ${n}`))?.[0] ?? ''
  const events = Array.from({ length: MANY }, (_, n) => inner(n)).join('')
  await other.put('/ada/many/', event('x', 'x').replace(/BEGIN:VEVENT.*END:VEVENT\r\n/s, events))
  await using dav = connectTestDav(radicale.url, davOptions('ada', RADICALE_PASSWORD))
  const many = dav.open({ kind: 'calendar', href: '/ada/many/' })
  const { members, token } = await many.changes(undefined)
  t.equal(members.length, MANY)
  const numbers = new Set<string>()
  for await (const { octets } of many.read(members.map(({ href }) => href))) {
    numbers.add(/SUMMARY:Number (\d+)\r\n/.exec(octets.toString())?.[1] ?? '')
  }
  t.equal(numbers.size, MANY)
  t.match(await many.changes(token), { isFull: false, members: [], removed: [] })
})
