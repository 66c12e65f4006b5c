import t from 'tap'
import { OwnSenders } from '../../src/daemon/sending/own-senders.ts'
import { smtpReply } from '../../src/formats/smtp/reply.ts'

const OPTIONS = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }
const OK = smtpReply(250, 'ok')

t.test('a profile that sends as itself only', async t => {
  const passed: string[] = []
  const relay = {
    mail: async (sender: string) => {
      passed.push(sender)
      return OK
    },
    rcpt: async () => OK,
    data: async () => OK,
    reset: () => undefined,
    close: () => undefined,
  }
  const own = new OwnSenders(relay, { email: 'Ada@example.test', aliases: ['sales@example.test', 'ada@Other.test'] })
  for (const sender of ['ada@example.test', 'SALES@example.test', 'ada@other.test', '']) {
    t.equal((await own.mail(sender, OPTIONS)).code, 250, sender)
  }
  t.equal(passed.length, 4)
  for (const sender of ['bob@example.test', 'xada@example.test', 'ada@example.test.evil']) {
    t.match(await own.mail(sender, OPTIONS), { code: 553 }, sender)
  }
  t.equal(passed.length, 4, 'what is refused reaches no server')
})
