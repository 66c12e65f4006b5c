import type { Conversation } from './conversation.ts'

/** What an office writes about, in the Inbox and in the Archive. */
export const OFFICE: readonly Conversation[] = [
  {
    folder: 'Archive',
    subject: 'New printer, old drivers',
    daysAgo: 689,
    turns: [
      [
        'tom',
        'The plotter is here. It prints beautifully, as long as you send nothing wider than a postcard. I have opened a ticket.',
      ],
      ['me', 'Until then we fold. Who has the manual?'],
      ['tom', 'Found it under the plotter, holding it level.'],
    ],
  },
  {
    folder: 'Archive',
    subject: 'Holiday list',
    daysAgo: 525,
    turns: [
      ['mara', 'Please put your weeks into the list by Friday. Whoever is last gets the week in February.'],
      ['me', 'I take the second half of May. I also do not mind February, the museum is empty then.'],
    ],
  },
  {
    folder: 'Archive',
    subject: 'Lecture notes: timber in salt water',
    daysAgo: 448,
    turns: [
      [
        'priya',
        'As promised, the short version of my lecture: oak lasts, greenheart lasts longer, and shipworms read no datasheets. Keep the heads of the piles dry and you win twenty years.\n\nThe long version has 96 slides and a song.',
      ],
      ['me', 'Thank you! We will cap the piles with lead, as they did in 1890. I would like to hear the song.'],
      ['priya', 'You will regret that.'],
    ],
  },
  {
    folder: 'Archive',
    subject: 'Rent of the back office',
    daysAgo: 287,
    turns: [
      [
        'leo',
        'The landlord offers us the back office for 410 a month if we paint it ourselves. It has a window to the yard and a smell of rope.',
      ],
      ['me', 'I like rope. Let us take it for a year.'],
    ],
  },
  {
    folder: 'Projects',
    subject: 'Templates for the new drawings',
    daysAgo: 233,
    cc: ['tom'],
    turns: [
      [
        'mara',
        'I have put the new title block into the template. Scale, north arrow and revision are filled in by themselves. If something looks odd it is probably the font, tell me.',
      ],
      ['me', 'The revision shows “A” for a drawing that I have never revised. Otherwise it is lovely.'],
      ['mara', 'It starts at A on purpose, “–” looked like a stain. Documentation is on the first sheet.'],
    ],
  },
  {
    folder: 'Projects',
    subject: 'Which project next?',
    daysAgo: 33,
    turns: [
      [
        'tom',
        'Two enquiries on the table: a bus shelter for the council, and a tree house for a school. The shelter pays, the tree house does not, and I know what you will say.',
      ],
      ['me', 'Both. The shelter pays for the tree house.'],
      ['tom', 'I have told them already.'],
    ],
  },
  {
    folder: 'INBOX',
    subject: 'Talk on Thursday',
    daysAgo: 12,
    turns: [
      [
        'nadia',
        'Could you speak for twenty minutes on Thursday, about the lift? The planned speaker has lost his voice, which for a speaker is a pity.',
      ],
      ['me', 'Gladly. I need a projector and a glass of water, in this order.'],
      ['nadia', 'Both will be there. Title?'],
      ['me', '“Three millimetres: how to put 26 tonnes where they belong.”'],
      ['nadia', 'Printed on the poster. There is no way back.'],
    ],
  },
  {
    folder: 'INBOX',
    subject: 'Bus shelter: first sketch',
    daysAgo: 5,
    cc: ['tom'],
    turns: [
      [
        'mara',
        'First sketch of the shelter: a roof, a bench, and a wall that turns away from the west wind. The bench is 43 cm high, I asked three grandmothers.',
      ],
      [
        'me',
        'I like the wall. Can the roof carry a meadow? The council has a programme for green roofs until the end of the year.',
      ],
      ['mara', '120 kg per square metre when it is wet. It can. I will draw it.'],
      ['tom', 'And who mows it?'],
    ],
  },
  {
    folder: 'INBOX',
    subject: 'Keys for the weekend',
    daysAgo: 2,
    turns: [
      ['greta', 'I need to get into the café on Saturday at seven to fix the flap. Do you still have the second key?'],
      ['me', 'I do. It is with the baker next door from six, under the name of Rope.'],
      ['greta', 'Got it, and a croissant. Thank you, Rope.'],
    ],
  },
  {
    folder: 'INBOX',
    subject: 'Zweite Rate',
    daysAgo: 1,
    turns: [
      [
        'bruno',
        'Sehr geehrte Frau Ashby,\n\ndie Abnahme ist unterschrieben, damit wird die zweite Rate fällig. Die Rechnung kommt getrennt. Es war uns eine Freude, und die 3 mm lassen wir uns einrahmen.',
      ],
    ],
  },
]
