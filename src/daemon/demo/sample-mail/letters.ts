/** Somebody who writes. */
export interface Writer {
  readonly name: string
  readonly address: string
}

/** A conversation: who takes part, what it is called, and what is said in turn. */
export interface Conversation {
  readonly folder: string
  readonly writers: readonly Writer[]
  readonly subject: string
  readonly texts: readonly string[]
}

const MIRA: Writer = { name: 'Mira Holt', address: 'mira@harbour.example' }
const TOMAS: Writer = { name: 'Tomás Rey', address: 'tomas@harbour.example' }
const ANNE: Writer = { name: 'Anne-Sophie Müller', address: 'anne@buero.example' }
const YUKI: Writer = { name: '山田 ゆき', address: 'yuki@kyoto.example' }
const LEILA: Writer = { name: 'ليلى حداد', address: 'leila@beirut.example' }
const NOA: Writer = { name: 'נועה לוי', address: 'noa@haifa.example' }
const PIOTR: Writer = { name: 'Piotr Żak', address: 'piotr@wroclaw.example' }
const GRAN: Writer = { name: 'Gran', address: 'gran@family.example' }

/** The conversations that make up most of the demo's mail. */
export const CONVERSATIONS: readonly Conversation[] = [
  {
    folder: 'Projects/Harbour bridge',
    writers: [MIRA, TOMAS],
    subject: 'Load test on Thursday',
    texts: [
      'The crane is booked for eight. We need the sensors on the northern span before that.',
      'Sensors are charged. I am short of two clamps, can you bring some?',
      'Two clamps and the good tape, on my desk.',
      'All eleven channels look clean. Deflection is within four millimetres of the model.',
      'Four millimetres! Please thank everybody, the report can wait until Monday.',
    ],
  },
  {
    folder: 'Projects/Harbour bridge',
    writers: [TOMAS, ANNE],
    subject: 'Zeichnungen, Stand März',
    texts: [
      'Anbei die überarbeiteten Zeichnungen. Die Änderungen an der Brüstung sind grün markiert.',
      'Danke! Auf Blatt 7 fehlt noch das Maß für die äußere Stütze.',
      'Nachgetragen. Die Größe stimmt jetzt auch mit der Stückliste überein.',
    ],
  },
  {
    folder: 'Projects/Café',
    writers: [ANNE, MIRA],
    subject: 'Menu for the opening',
    texts: [
      'Three soups are two too many. Pumpkin stays.',
      'Agreed. What about the crème brûlée? The torch has arrived.',
      'Then crème brûlée it is, for forty people at half past eight.',
      'I counted the spoons. We have thirty-eight.',
    ],
  },
  {
    folder: 'INBOX',
    writers: [YUKI, MIRA],
    subject: '京都への旅行について',
    texts: [
      '来月の旅行の日程を送ります。桜はちょうど満開の頃です。',
      '楽しみにしています。宿の予約はもう済みましたか。',
      'はい、駅の近くの小さな旅館です。',
    ],
  },
  {
    folder: 'INBOX',
    writers: [LEILA],
    subject: 'دعوة إلى العشاء',
    texts: ['مرحبا، نتشرف بدعوتكم إلى العشاء مساء الجمعة في بيتنا الجديد.', 'الرجاء تأكيد الحضور قبل يوم الأربعاء.'],
  },
  {
    folder: 'INBOX',
    writers: [NOA],
    subject: 'תמונות מהטיול',
    texts: ['היה נפלא לראות את כולם. מצורפות התמונות מהטיול לים.'],
  },
  {
    folder: 'Family',
    writers: [GRAN, MIRA],
    subject: 'The apples',
    texts: [
      'The apples are ready. There are more than last year, bring boxes. 🍎🍏',
      'We come on Saturday with nine boxes and two hungry children.',
      'Then I bake two cakes. One for the road.',
      'Both cakes are eaten. The road was long.',
    ],
  },
  {
    folder: 'Travel',
    writers: [PIOTR, TOMAS],
    subject: 'Nocny pociąg do Wrocławia',
    texts: [
      'Bilety są już kupione, wagon 12, miejsca przy oknie.',
      'Świetnie! Spotkajmy się na peronie o dziewiątej.',
      'Pociąg jest opóźniony o dwadzieścia minut. Zdążymy na kawę.',
    ],
  },
  {
    folder: 'INBOX',
    writers: [MIRA, TOMAS, ANNE],
    subject: 'Who has the projector?',
    texts: [
      'It is neither in the meeting room nor in the cupboard.',
      'Not me. I used the one from the second floor.',
      'Found it. Somebody had put it into its own box.',
    ],
  },
]
