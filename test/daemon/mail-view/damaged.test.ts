import { join } from 'node:path'
import t from 'tap'
import { packFile } from '../../../src/store/packs/pack-format.ts'
import { ImapFront } from '../../support/imap-front.ts'
import { messageOf } from '../../support/model-account.ts'
import { spoil } from '../../support/store.ts'

const COUNT = 60
const SPOILT = Array.from({ length: 19 }, (_, index) => 3 * index + 2) // more than the refusals of a server that are waited for
const CORRUPTION = 'NO [CORRUPTION]'

/** A front on messages of which some have an octet in their pack that is wrong. */
async function damagedFront(): Promise<ImapFront> {
  const front = new ImapFront()
  const { account } = front
  account.deliver('INBOX', ...Array.from({ length: COUNT }, (_, index) => `number ${index + 1}`))
  await account.sync()
  const items = account.items('INBOX')
  for (const number of SPOILT) {
    const { pack = 0, offset = 0 } = items[number - 1]?.location ?? {}
    spoil(packFile(join(account.dir, 'packs'), pack), offset + 3)
  }
  return front
}

const ITEMS = [
  ...['BODY.PEEK[]', 'BODY[]', '(FLAGS BODY.PEEK[HEADER])', 'BODY.PEEK[HEADER.FIELDS (SUBJECT)]', 'RFC822.TEXT'],
  ...['ENVELOPE', '(FLAGS BODYSTRUCTURE)', '(UID BODY.PEEK[1])', 'BINARY.PEEK[1]', 'PREVIEW'],
]

t.test('a large message that is damaged at its very end is refused like a small one', async t => {
  const front = new ImapFront()
  const { account } = front
  try {
    const large = messageOf('large', 3_000_000)
    account.server.append('INBOX', large, [], 0)
    account.deliver('INBOX', 'small')
    await account.sync()
    const { pack = 0, offset = 0 } = account.items('INBOX')[0]?.location ?? {}
    spoil(packFile(join(account.dir, 'packs'), pack), offset + large.length - 1)
    const client = await front.connect()
    await client.command('SELECT INBOX')
    for (const items of ['BODY.PEEK[]', 'BODY.PEEK[]<0.100>', '(FLAGS BODY.PEEK[TEXT])', 'BODY.PEEK[1]']) {
      const lines = await client.command(`FETCH 1:2 ${items}`)
      t.match(lines[0], /^\* 2 FETCH/, items)
      t.equal(lines.at(-1), CORRUPTION, items)
    }
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

for (const items of ITEMS) {
  t.test(`${items}: what is damaged here keeps nothing else from being told, however much it is`, async t => {
    const front = await damagedFront()
    try {
      const client = await front.connect()
      await client.command('SELECT INBOX')
      const lines = await client.command(`FETCH 1:* ${items}`)
      const told = new Set(lines.flatMap(line => /^\* (\d+) FETCH/.exec(line)?.[1] ?? []).map(Number)) // flags come again
      const wanted = Array.from({ length: COUNT }, (_, index) => index + 1).filter(number => !SPOILT.includes(number))
      t.same([...told], wanted)
      t.equal(lines.at(-1), CORRUPTION)
      client.write(`x FETCH 2 ${items}\r\n`)
      t.match(await client.line(), /^x NO \[CORRUPTION\] .*postern store repair --full/)
      t.match(await client.command('FETCH 2 FLAGS'), [/^\* 2 FETCH \(FLAGS \(\)/, 'OK'])
      await client.close()
    } finally {
      await front[Symbol.asyncDispose]()
    }
  })
}
