import { PEOPLE, type Person } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { type MimePart, multipart, textPart } from '../wire/mime-parts.ts'
import { escapeHtml } from '../wire/paragraphs.ts'

const { samir, kenji, jonas, mara } = PEOPLE

interface Foreign {
  readonly from: Person
  readonly folder: string
  readonly subject: string
  readonly text: string
  readonly daysAgo: number
  /** Written from right to left. */
  readonly isRtl?: boolean
}

const YAEL: Person = { name: 'יעל ברק', address: 'yael@kiln.example', style: 'html', zone: '+0200', signature: 'יעל' }
const MIN: Person = { name: '김민지', address: 'minji@paper.example', style: 'plain', zone: '+0900', signature: '민지' }

const LETTERS: readonly Foreign[] = [
  {
    from: samir,
    folder: 'Projects/Café',
    subject: 'قهوة جديدة من المزرعة',
    text: 'مرحبا روبن،\n\nوصلت القهوة الجديدة: 60 كيلوغراما، تحميص متوسط. سعر الكيلو 18.50 يورو.\n\nسمير',
    daysAgo: 88,
    isRtl: true,
  },
  {
    from: samir,
    folder: 'Projects/Café',
    subject: 'Re: قهوة جديدة / new beans (60 kg)',
    text: 'روبن، الطلب رقم A-114 جاهز. See you on Monday، إن شاء الله.\n\nسمير',
    daysAgo: 83,
    isRtl: true,
  },
  {
    from: YAEL,
    folder: 'INBOX',
    subject: 'האריחים מוכנים',
    text: 'שלום רובין,\n\n240 אריחים בצבע כחול מוכנים למשלוח. שניים נשברו, שמתי חמישה נוספים.\n\nיעל',
    daysAgo: 15,
    isRtl: true,
  },
  {
    from: kenji,
    folder: 'Travel',
    subject: '金沢の天気 ☔',
    text: '明日は雨です。傘を二本持って行きます。\n\n佐藤',
    daysAgo: 206,
  },
  {
    from: MIN,
    folder: 'Archive',
    subject: '한지 견본',
    text: '안녕하세요,\n\n한지 견본 세 장을 보냈습니다. 도면용으로는 두 번째가 좋습니다.\n\n민지',
    daysAgo: 223,
  },
  {
    from: jonas,
    folder: 'Family',
    subject: '🎂🎉 seventy!! 🎉🎂',
    text: 'Cake: 👩‍🍳 Lucie\nCoffee: ☕ Samir\nPiano: 🎹 (nearly) in tune\nFlags: 🇩🇪🇬🇧\nMe: 👨🏽‍🦱💃\n',
    daysAgo: 21,
  },
  {
    from: mara,
    folder: 'INBOX',
    subject: 'Żółty most, and other font tests',
    text: 'Polish: Żółty most jest już otwarty, źdźbło też\nGreek: Η γέφυρα άνοιξε σήμερα\nVietnamese: Cây cầu đã mở cửa\nHindi: पुल खुल गया\nThai: สะพานเปิดแล้ว\nDoes the plotter show all of them?',
    daysAgo: 4,
  },
]

/** Plans letters in scripts that are not Latin, some from right to left, and with emoji. */
export function* languages(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, { from, folder, subject, text, daysAgo, isRtl = false }] of LETTERS.entries()) {
    const key = `language/${index}`
    const sentMs = world.daysAgo(daysAgo, key)
    yield world.plan({ key, folder, from, subject, sentMs, part: () => bodyOf(text, isRtl) })
  }
}

function bodyOf(text: string, isRtl: boolean): MimePart {
  const plain = textPart(`${text}\n`, { encoding: isRtl ? 'base64' : '8bit' })
  if (!isRtl) return plain
  const html = `<html dir="rtl"><body><p>${escapeHtml(text).replaceAll('\n', '<br>\n')}</p></body></html>\n`
  return multipart('alternative', [plain, textPart(html, { subtype: 'html', encoding: 'base64' })])
}
