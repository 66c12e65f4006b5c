import t from 'tap'
import { heldOctets } from '../support/held-octets.ts'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount } from '../support/imap/front.ts'

const ROUNDS = 40
const MAX_GROWTH_OCTETS = 4 * 1_048_576 // far less than one round sends
const COMMANDS = [
  `SUBSCRIBE {65536+}\r\n${'x'.repeat(65_536)}`,
  `SUBSCRIBE {200000+}\r\n${'x'.repeat(200_000)}`,
  `SEARCH ${'('.repeat(30_000)}`,
  `SEARCH ${'NOT '.repeat(15_000)}ALL`,
  `SEARCH ${'OR ALL '.repeat(9000)}ALL`,
  `SEARCH RETURN (SAVE) ${Array.from({ length: 9000 }, (_, index) => index * 2 + 1).join(',')}`,
  `UID SEARCH RETURN (SAVE) UID ${Array.from({ length: 9000 }, (_, index) => index * 2 + 1).join(',')}`,
  `FETCH 1 (${'FLAGS '.repeat(9000)}UID)`,
  `FETCH 1 (${'BODY.PEEK[1.1.1.1.1.1.1] '.repeat(2000)}UID)`,
  `LIST "" (${'%*%*%*% '.repeat(5000)}x)`,
  `APPEND nope {300000+}\r\n${'x'.repeat(300_000)}`,
  `ID (${'"k" {1+}\r\nx '.repeat(3000)}"k" NIL)`,
  `STORE 1 +FLAGS (${'work '.repeat(9000)}work)`,
  'y'.repeat(200_000),
] as const

t.test('a session does not grow with what it is told, however hostile that is', async t => {
  const client = await ImapClient.signedIn(serveAccount())
  await client.command('SELECT INBOX')
  let before = 0
  for (let round = 0; round < ROUNDS; round++) {
    if (round === ROUNDS / 4) before = await heldOctets() // by then all code has been compiled
    for (const command of COMMANDS) await client.command(command)
  }
  const growth = (await heldOctets()) - before
  t.ok(growth < MAX_GROWTH_OCTETS, `${growth} octets more`)
  t.match(await client.command('NOOP'), / OK nothing done\r\n$/)
  await client.end()
})
