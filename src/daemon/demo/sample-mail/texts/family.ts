import type { Conversation } from './conversation.ts'

const folder = 'Family'

/** What a family writes to each other. */
export const FAMILY: readonly Conversation[] = [
  {
    folder,
    subject: 'Sunday lunch',
    daysAgo: 610,
    cc: ['jonas'],
    turns: [
      [
        'mum',
        'Dear both,\n\nlunch on Sunday at one? I have a leg of lamb and no plan for the rest of the afternoon. Jonas, bring the ladder you borrowed in March.',
      ],
      ['jonas', 'Which March?'],
      ['me', 'I will be there, and I will bring pudding. I saw the ladder in his hall, he hangs coats on it.'],
      ['mum', 'One o’clock then, ladder included.'],
    ],
  },
  {
    folder,
    subject: 'Apfelkuchen',
    daysAgo: 497,
    turns: [
      [
        'oma',
        'Mein liebes Kind,\n\nhier das Rezept, nach dem Du gefragt hast: 200 g Mehl, 100 g Butter, 1 Ei, eine Prise Salz, 6 säuerliche Äpfel. Den Teig eine Stunde kalt stellen. Nicht zu viel Zucker, die Äpfel wissen schon, was sie tun.\n\nUnd schreib mir, wie er geworden ist.',
      ],
      [
        'me',
        'Liebe Oma,\n\ner ist geworden! Ein bisschen dunkel am Rand, aber nach zwei Stunden war nichts mehr da. Das Geheimnis mit der Zitronenschale verrate ich niemandem.',
      ],
      ['oma', 'Dunkel am Rand ist genau richtig. Das nächste Mal nimmst Du die Form von Deinem Großvater.'],
    ],
  },
  {
    folder,
    subject: 'Photos from the island',
    daysAgo: 330,
    turns: [
      [
        'jonas',
        'Finally sorted them: 1,204 pictures, of which 1,100 show the same seal. The good ones are on the stick that I put into your coat.',
      ],
      ['me', 'So that is what rattles. The seal deserves every single one of them.'],
    ],
  },
  {
    folder,
    subject: 'Mum’s boiler',
    daysAgo: 190,
    turns: [
      [
        'jonas',
        'The boiler makes that noise again. The plumber says the pump, the neighbour says ghosts. Pump is 340, ghosts are free. Split it?',
      ],
      ['me', 'Half each. Tell the plumber to replace the valve as well while the water is off.'],
      ['mum', 'You two are very kind. It was the pump. I had got used to the ghosts.'],
    ],
  },
  {
    folder,
    subject: 'The seventieth',
    daysAgo: 44,
    turns: [
      [
        'jonas',
        'Mum turns seventy in spring. Boat, barn or back garden? I have asked about the barn: it holds sixty, and there is a piano that is nearly in tune.',
      ],
      [
        'me',
        'Barn. I will ask Lucie for the cake and Samir for the coffee. Do not tell her about the piano or she practises until then.',
      ],
      ['jonas', 'Too late, she has borrowed sheet music.'],
    ],
  },
  {
    folder,
    subject: 'Grüße vom See',
    daysAgo: 4,
    turns: [
      [
        'oma',
        'Mein liebes Kind,\n\nheute früh lag Nebel über dem See, und die Haubentaucher haben Junge. Ich sitze auf der Bank und denke an Dich. Die Brille ist wieder da, sie war im Kühlschrank.',
      ],
    ],
  },
]
