import type { Conversation } from './conversation.ts'

const folder = 'Projects/Harbour bridge'

/** How a footbridge gets built. */
export const HARBOUR_BRIDGE: readonly Conversation[] = [
  {
    folder,
    subject: 'Footbridge over the old lock: kick-off',
    daysAgo: 702,
    cc: ['tom'],
    turns: [
      [
        'ines',
        'Dear Robin,\n\nthe Harbour Trust has decided: the old lock gets its footbridge, and we would like your office to draw it. The budget is small and the opinions are many.\n\nCould we meet on site next week? Bring boots, the quay floods at spring tide.',
      ],
      [
        'me',
        'Dear Inês,\n\nwonderful news, thank you. Wednesday at low water would suit us. I would like to see the northern abutment before anybody pours new concrete over it.',
      ],
      ['ines', 'Wednesday, ten o’clock, at the crane. I have asked the lock keeper to open the gate house for us.'],
      [
        'tom',
        'I can bring the laser scanner. If the keeper lets us stand on the gate for an hour we save two days later.',
      ],
    ],
  },
  {
    folder,
    subject: 'Survey: the northern abutment has moved',
    daysAgo: 655,
    turns: [
      [
        'tom',
        'The scan is in. Compared with the drawings from 1961 the northern abutment sits 43 mm lower and has turned by a third of a degree. Nothing dramatic, but the bearings must take it.',
      ],
      ['me', 'That explains the crack in the parapet. Can you tell whether it is still moving?'],
      ['tom', 'Not from one scan. I would glue three prisms on it and measure every month. 90 euros and a ladder.'],
      ['me', 'Please do. I will tell the Trust that we design for 60 mm and measure until summer.'],
    ],
  },
  {
    folder,
    subject: 'Stahl: Angebot für den Überbau',
    daysAgo: 540,
    turns: [
      [
        'bruno',
        'Sehr geehrte Frau Ashby,\n\nvielen Dank für Ihre Anfrage. Für den Überbau (34,8 m, S355, feuerverzinkt) bieten wir Ihnen 212.400 € frei Baustelle an. Die Lieferzeit beträgt 16 Wochen ab Freigabe der Werkpläne.\n\nDen Transport über den Kanal haben wir mit dem Schifffahrtsamt schon vorbesprochen: mehr als 4,20 m Breite geht nicht durch die Brücke an der Mühle.',
      ],
      [
        'me',
        'Sehr geehrter Herr Weiß,\n\nvielen Dank. Wäre es günstiger, den Überbau in zwei Teilen zu liefern und auf dem Kai zu schweißen? Der Kran der Werft trägt 28 Tonnen.',
      ],
      [
        'bruno',
        'Sehr geehrte Frau Ashby,\n\nzwei Teile sparen beim Transport rund 9.000 €, kosten aber einen Montagestoß mit Prüfung (etwa 6.500 €) und eine Woche. Ich würde es an Ihrer Stelle in einem Stück heben. Der Tidenhub hilft uns.',
      ],
      ['me', 'Überzeugt. Wir nehmen ein Stück und die Flut.'],
    ],
  },
  {
    folder,
    subject: 'Railing: vertical bars or mesh?',
    daysAgo: 431,
    cc: ['ines'],
    turns: [
      [
        'mara',
        'I drew both. Bars look better from the water, mesh looks better from the bridge, and seagulls seem to prefer bars. The model is in the meeting room, please come and look at it in daylight.',
      ],
      [
        'me',
        'Bars, then, with the handrail on the inner side so that the shadow falls on the deck and not on the face of whoever leans there. What about children?',
      ],
      [
        'mara',
        '110 mm clear between the bars, no horizontal edge below 600 mm. Nobody climbs that without shoes of their own.',
      ],
      [
        'ines',
        'The Trust likes the bars too. One question from the board: can we have a gap in the railing for the fishermen’s steps?',
      ],
      ['me', 'Yes, with a self-closing gate. We had one drawn for the ferry pier and can reuse it.'],
    ],
  },
  {
    folder,
    subject: 'Planning permission OQ/2231',
    daysAgo: 380,
    turns: [
      [
        'clerk',
        'Dear Applicant,\n\nyour application OQ/2231 (footbridge, old lock) was considered on Tuesday. Permission is granted with conditions:\n\n1. No works on the slopes between 1 March and 31 July (nesting sand martins).\n2. Lights not brighter than 5 lux at the water line.\n3. The old lock sign stays where it is.',
      ],
      ['me', 'Thank you. As to condition 2, may the lights be brighter for the opening weekend?'],
      [
        'clerk',
        'Dear Ms Ashby,\n\nfor one weekend this is no development and needs no permission. The martins will be in Africa. Enjoy the opening.',
      ],
    ],
  },
  {
    folder,
    subject: 'Lifting day',
    daysAgo: 61,
    cc: ['ines', 'mara'],
    turns: [
      [
        'bruno',
        'Guten Tag zusammen,\n\nder Ponton legt am Donnerstag um 04:30 ab und ist mit der Flut um 09:10 am Kai. Bitte ab 08:00 niemand unter dem Ausleger, auch nicht für Fotos.',
      ],
      ['tom', 'Wind forecast is 4 m/s, gusting 7. The limit is 9. I am there from seven with the total station.'],
      [
        'me',
        'I will bring coffee and the spare shims. If gusts pass 9 we wait for the evening tide, nobody needs to be a hero.',
      ],
      ['ines', 'The school asked whether 30 children may watch from the museum terrace. I said yes, behind the glass.'],
      [
        'tom',
        'She is in. 2 mm off in the east, 3 mm in the north. I have measured it four times because I did not believe it.',
      ],
    ],
  },
  {
    folder,
    subject: 'Re: Opening: who cuts the ribbon?',
    daysAgo: 9,
    turns: [
      [
        'ines',
        'The mayor would like to cut the ribbon. So would the lock keeper, who has crossed on the gate every morning for 31 years.',
      ],
      ['me', 'The keeper. The mayor can hold the cushion.'],
      ['ines', 'He was more relieved than offended. Saturday, eleven o’clock, and please bring your whole family.'],
    ],
  },
]
