import type { DemoFolder, DemoMessage } from '../fill-store.ts'
import { message, textPart, words } from './compose.ts'
import { CURIOSITIES } from './curiosities.ts'
import { CONVERSATIONS, type Conversation, type Writer } from './letters.ts'

const DAY_MS = 86_400_000
const WEEKS = 8 // the same people write of the same things again and again
const NOTICES = 60

/** The folders of the demo. */
export const SAMPLE_FOLDERS: readonly DemoFolder[] = [
  { path: 'INBOX', role: 'inbox' },
  { path: 'Drafts', role: 'drafts' },
  { path: 'Sent', role: 'sent' },
  { path: 'Trash', role: 'trash' },
  { path: 'Junk', role: 'junk' },
  { path: 'Archive', role: 'archive' },
  { path: 'Projects', role: undefined },
  { path: 'Projects/Harbour bridge', role: undefined },
  { path: 'Projects/Café', role: undefined },
  { path: 'Travel', role: undefined },
  { path: 'Newsletters', role: undefined },
  { path: 'Family', role: undefined },
]

/** For whom the mail is, and when now is. */
export interface SampleMailOptions {
  readonly address: string
  /** In ms since the epoch: the newest mail is of then. */
  readonly baseMs: number
}

/** Makes about 300 invented messages, one after another; the same for the same options. */
export function* sampleMail(options: SampleMailOptions): Generator<DemoMessage> {
  for (let round = WEEKS - 1; round >= 0; round--) {
    for (const [index, conversation] of CONVERSATIONS.entries()) {
      yield* talk(conversation, options, round * 9 * DAY_MS + index * 0.7 * DAY_MS)
    }
  }
  yield* notices(options)
  yield* curiosities(options)
}

function* talk(
  conversation: Conversation,
  { address, baseMs }: SampleMailOptions,
  ageMs: number,
): Generator<DemoMessage> {
  const { folder, writers, subject, texts } = conversation
  const startMs = baseMs - ageMs - texts.length * 3_600_000
  const ids = texts.map((_, index) => `<${startMs}.${index}.${folder.length}@demo.example>`)
  for (const [index, text] of texts.entries()) {
    const sentMs = startMs + index * 3_600_000
    const from = writers[index % writers.length]
    if (!from) continue
    const answered =
      index === 0 ? [] : [`In-Reply-To: ${ids[index - 1]}`, `References: ${ids.slice(0, index).join(' ')}`]
    const fields = [
      ...head({ from, to: address, subject: index === 0 ? subject : `Re: ${subject}`, sentMs, id: ids[index] ?? '' }),
      ...answered,
    ]
    const octets = message(fields, textPart(`${text}\r\n\r\n-- \r\n${from.name}\r\n`))
    yield { folder, octets, flags: flagsOf(ageMs, index, texts.length), internalDateMs: sentMs + 2000 }
  }
}

// The older, the more has been read; what was answered says so.
function flagsOf(ageMs: number, index: number, count: number): string[] {
  const isRead = ageMs > 3 * DAY_MS || index < count - 1
  const isFlagged = ageMs < 20 * DAY_MS && index === 0
  return [
    ...(isRead ? ['\\Seen'] : []),
    ...(index < count - 1 ? ['\\Answered'] : []),
    ...(isFlagged ? ['\\Flagged'] : []),
  ]
}

function* notices({ address, baseMs }: SampleMailOptions): Generator<DemoMessage> {
  const shop: Writer = { name: 'The Market Hall', address: 'news@market.example' }
  for (let number = 1; number <= NOTICES; number++) {
    const sentMs = baseMs - (NOTICES - number) * 5 * DAY_MS
    const id = `<notice-${number}@market.example>`
    const list = ['List-Id: The Market Hall <news.market.example>', 'List-Unsubscribe: <https://market.example/leave>']
    const fields = [...head({ from: shop, to: address, subject: `Market news, number ${number}`, sentMs, id }), ...list]
    const octets = message(fields, textPart(`This week: ${number} kinds of cheese, and one of them is blue.\r\n`))
    const folder = number % 3 === 0 ? 'Trash' : number % 5 === 0 ? 'Sent' : 'Newsletters'
    yield { folder, octets, flags: number % 2 === 0 ? ['\\Seen'] : ['$Label1'], internalDateMs: sentMs }
  }
}

function* curiosities({ address, baseMs }: SampleMailOptions): Generator<DemoMessage> {
  const from: Writer = { name: 'Postern demo', address: 'demo@demo.example' }
  for (const [index, { folder, subject, make }] of CURIOSITIES.entries()) {
    const sentMs = baseMs - (index + 1) * 7_200_000
    const fields = head({ from, to: address, subject, sentMs, id: `<curiosity-${index}@demo.example>` })
    yield { folder, octets: make(fields, address), flags: index % 3 === 0 ? [] : ['\\Seen'], internalDateMs: sentMs }
  }
}

interface Head {
  readonly from: Writer
  readonly to: string
  readonly subject: string
  readonly sentMs: number
  readonly id: string
}

function head({ from, to, subject, sentMs, id }: Head): string[] {
  return [
    `Message-ID: ${id}`,
    `Date: ${new Date(sentMs).toUTCString().replace('GMT', '+0000')}`,
    `From: ${words(from.name)} <${from.address}>`,
    `To: ${to}`,
    `Subject: ${words(subject)}`,
  ]
}
