import type { Conversation } from './conversation.ts'

const folder = 'Travel'

/** How journeys are planned. */
export const TRAVEL: readonly Conversation[] = [
  {
    folder,
    subject: 'Walking the estuary in May',
    daysAgo: 560,
    turns: [
      [
        'guide',
        'Dear Robin,\n\nthank you for your question. In May the estuary path takes four days, about 18 km each, with two ferries and one place where you walk through the water when the tide is out. You will need sandals for that, and a sense of humour.\n\nShall I hold two rooms from the 12th?',
      ],
      [
        'me',
        'Dear Alma,\n\nyes please, two rooms, from the 12th to the 16th. One of us does not eat fish, which I know is a strange thing to bring to an estuary.',
      ],
      [
        'guide',
        'Not strange at all, the cook does not eat fish either. The rooms are yours. I send the tide table a week before.',
      ],
    ],
  },
  {
    folder,
    subject: 'Night train or boat?',
    daysAgo: 365,
    turns: [
      [
        'nadia',
        'For the conference in autumn: the night train takes 14 hours and has a dining car, the boat takes 19 and has a sauna. I am for the boat, but I get seasick on bridges.',
      ],
      ['me', 'Night train there, boat back. Then we have something to complain about in both directions.'],
      ['nadia', 'Booked: compartment 5, upper beds. Bring earplugs, the third person snores. The third person is me.'],
    ],
  },
  {
    folder,
    subject: 'Your visit to Kanazawa',
    daysAgo: 212,
    turns: [
      [
        'kenji',
        'Dear Robin-san,\n\nI am glad that you can come. The joinery workshop opens at nine, and in the afternoon we can see the bridge of seven woods. Please wear socks without holes, you will take off your shoes eleven times.\n\n佐藤',
      ],
      [
        'me',
        'Dear Kenji,\n\nthank you, I have bought new socks for the occasion. May I bring my sketches of the scarf joint?',
      ],
      ['kenji', 'Please do. The master does not speak much, but he draws very clearly.'],
    ],
  },
  {
    folder,
    subject: 'Mountain hut, first weekend',
    daysAgo: 27,
    turns: [
      [
        'priya',
        'The hut has four beds left for the first weekend. Above 1,800 m there is still snow, so gaiters. I bring the stove and the lentils.',
      ],
      ['me', 'I take the beds, the map and the chocolate. Train at 06:52, platform 3, second carriage.'],
    ],
  },
]
