import { hash } from 'node:crypto'
import PostalMime from 'postal-mime'
import t from 'tap'
import { sampleMail } from '../../../src/daemon/demo/sample-mail/sample-mail.ts'
import { SAMPLE_FOLDERS, type SampleMessage } from '../../../src/daemon/demo/sample-mail/sample-message.ts'
import { summarizeHeader } from '../../../src/formats/mail/header-summary.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { packFlags } from '../../../src/store/flags.ts'

const DAY_MS = 86_400_000
const SETTINGS = { baseDateMs: Date.UTC(2026, 4, 20, 14, 30), address: 'you@demo.example', seed: 7 }
const LOCAL_DOMAINS = /@(?:[\w-]+\.)*(?:example|example\.(?:com|net|org))(?![\w.-]*\w)/
const messages = [...sampleMail(SETTINGS)]

function hashOf(all: Iterable<SampleMessage>): string {
  return hash('sha256', Buffer.concat([...all].map(each => Buffer.concat([Buffer.from(describe(each)), each.octets]))))
}

function describe({ folder, flags, internalDateMs }: SampleMessage): string {
  return `${folder} ${flags.join()} ${internalDateMs}\n`
}

t.test('there are about 300 messages, some in each of the twelve folders', async t => {
  t.ok(messages.length >= 280 && messages.length <= 340, String(messages.length))
  const counts = Map.groupBy(messages, ({ folder }) => folder)
  t.same([...counts.keys()].sort(), SAMPLE_FOLDERS.map(({ path }) => path).sort())
  for (const [folder, { length }] of counts) t.ok(length >= 4, `${length} in ${folder}`)
  t.ok((counts.get('INBOX')?.length ?? 0) >= 40)
})

t.test('the same settings give the same octets, others do not', async t => {
  t.equal(hashOf(sampleMail(SETTINGS)), hashOf(messages))
  t.not(hashOf(sampleMail({ ...SETTINGS, seed: 8 })), hashOf(messages))
})

t.test('every message can be read', async t => {
  for (const { octets } of messages) {
    const { subject = '' } = summarizeHeader(octets)
    const { root } = parseMimeTree([octets])
    t.ok(root, subject)
    await t.resolves(PostalMime.parse(octets), subject)
  }
})

t.test('every line ends with CRLF, and no octet is one that IMAP cannot carry', async t => {
  for (const { octets } of messages) {
    t.notMatch(octets.toString('latin1'), /\r(?!\n)|(?<!\r)\n|\0/, summarizeHeader(octets).subject ?? '')
  }
})

t.test('they come oldest first, over two years, and none is newer than the base date', async t => {
  const dates = messages.map(({ internalDateMs }) => internalDateMs)
  t.same(
    [...dates].sort((left, right) => left - right),
    dates,
  )
  const [oldest = 0, newest = 0] = [dates[0], dates.at(-1)]
  t.ok(newest <= SETTINGS.baseDateMs && newest > SETTINGS.baseDateMs - 3 * DAY_MS)
  t.ok(oldest < SETTINGS.baseDateMs - 600 * DAY_MS && oldest > SETTINGS.baseDateMs - 800 * DAY_MS)
})

t.test('flags of every sort are there, and they are flags', async t => {
  const flags = new Set(messages.flatMap(each => each.flags))
  t.same([...flags].sort(), ['$Forwarded', '$Junk', '$Label1', '\\Answered', '\\Draft', '\\Flagged', '\\Seen'])
  for (const { flags } of messages) t.equal(new Set(flags).size, flags.length)
  const unread = messages.filter(({ flags, folder }) => folder === 'INBOX' && (packFlags(flags).bits & 1) === 0)
  t.ok(unread.length >= 3 && unread.length <= 30, `${unread.length} unread in the Inbox`)
})

t.test('nobody in them can exist: all domains are reserved for examples (RFC 2606)', async t => {
  for (const { octets } of messages) {
    const header = octets.toString('latin1', 0, octets.indexOf('\r\n\r\n') + 2)
    const addresses = header.match(/[\w.+-]+@[\w.-]+/g) ?? []
    for (const address of addresses) t.match(address, LOCAL_DOMAINS)
  }
})

t.test('threads hold together: what is answered is there', async t => {
  const ids = new Set(messages.map(({ octets }) => summarizeHeader(octets).messageId))
  const answers = messages.flatMap(({ octets }) => {
    const header = octets.toString('latin1', 0, octets.indexOf('\r\n\r\n') + 2)
    return /^In-Reply-To: (\S+)/m.exec(header)?.[1] ?? []
  })
  t.ok(answers.length > 80, `${answers.length} answers`)
  for (const id of answers) t.ok(ids.has(id), id)
})
