import { PEOPLE, type Person } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { encodeText, type OldCharset } from '../wire/charset-encoder.ts'
import { encodedWords } from '../wire/header-fields.ts'
import { type TransferEncoding, textPart, withCrlf } from '../wire/mime-parts.ts'

const { bruno, nadia, kenji, lucie, priya } = PEOPLE

interface OldLetter {
  readonly charset: OldCharset
  readonly encoding: TransferEncoding
  readonly word: 'B' | 'Q'
  readonly from: Person
  readonly subject: string
  readonly text: string
  readonly daysAgo: number
}

const LETTERS: readonly OldLetter[] = [
  {
    charset: 'windows-1252',
    encoding: 'quoted-printable',
    word: 'Q',
    from: lucie,
    subject: 'Café – l’été à la Lanterne',
    text: 'Chère Robin,\n\nl’été commence : glaces à 2,50 €, « maison » bien sûr.\n\nLucie',
    daysAgo: 128,
  },
  {
    charset: 'windows-1252',
    encoding: '8bit',
    word: 'Q',
    from: bruno,
    subject: 'Grüße aus der Werkstatt',
    text: 'Guten Tag,\n\ndie Geländerstäbe sind „fertig“ – 212 Stück, für 18,40 € das Stück.\n\nGruß\nB. Weiß',
    daysAgo: 96,
  },
  {
    charset: 'koi8-r',
    encoding: '8bit',
    word: 'B',
    from: nadia,
    subject: 'Ночной поезд',
    text: 'Привет, Робин!\n\nПоезд отходит в 19:40 с третьего пути. Чай я беру с собой, варенье тоже.\n\nНадя',
    daysAgo: 361,
  },
  {
    charset: 'koi8-r',
    encoding: 'quoted-printable',
    word: 'Q',
    from: nadia,
    subject: 'Паром',
    text: 'На пароме есть сауна и библиотека. Море спокойное, чайки толстые.\n\nН.',
    daysAgo: 355,
  },
  {
    charset: 'iso-2022-jp',
    encoding: '7bit',
    word: 'B',
    from: kenji,
    subject: '工房の見学について',
    text: 'アシュビー様\n\n見学は午前九時からです。靴下をお忘れなく。\nA4 の図面をお持ちください。\n\n佐藤',
    daysAgo: 209,
  },
  {
    charset: 'iso-2022-jp',
    encoding: '7bit',
    word: 'B',
    from: kenji,
    subject: '橋の写真',
    text: '七つの木の橋の写真を送ります。桜は来週です。\n\n佐藤',
    daysAgo: 201,
  },
  {
    charset: 'gb18030',
    encoding: 'base64',
    word: 'B',
    from: priya,
    subject: '木桥的论文',
    text: '你好，\n\n论文已经翻译成中文。第三章讲的是海水里的橡木。\n\n此致',
    daysAgo: 275,
  },
  {
    charset: 'gb18030',
    encoding: '8bit',
    word: 'B',
    from: priya,
    subject: '春天的会议',
    text: '会议在老海关大楼举行，请带上你的图纸和好心情。\n',
    daysAgo: 136,
  },
]

/** Plans letters in the charsets from before UTF-8, in the header as well. */
export function* oldCharsets(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, { charset, encoding, word, from, subject, text, daysAgo }] of LETTERS.entries()) {
    const key = `charset/${index}`
    const octets = () => encodeText(withCrlf(`${text}\n`), charset)
    yield world.plan({
      ...{ key, folder: from === priya ? 'Archive' : from === kenji || from === nadia ? 'Travel' : 'INBOX', from },
      ...{ subject, sentMs: world.daysAgo(daysAgo, key) },
      replaced: { Subject: encodedWords(subject, charset, word) },
      part: () => textPart(octets(), { charset, encoding }),
    })
  }
}
