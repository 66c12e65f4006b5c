import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { textPart } from '../wire/mime-parts.ts'
import { wrapped } from '../wire/paragraphs.ts'

const OFFERS: readonly (readonly [name: string, subject: string, text: string])[] = [
  [
    'Dr. Prosper',
    'YOU HAVE INHERITED A LIGHTHOUSE',
    'Dear beloved, my late uncle has left you a lighthouse with gold inside. To move it I only need your bank details and 400 for the ladder.',
  ],
  [
    'Mega Lamp Outlet',
    '90 % off lamps!!! Only today',
    'Lamps lamps LAMPS. Our warehouse must be dark by midnight, help us.',
  ],
  [
    'Account Service',
    'Your mailbox is 104 % full',
    'Your mailbox is over its quota. Click the link within 24 hours, or all of your letters turn into pigeons: http://verify.example.net/box',
  ],
  [
    'Captain Cash',
    'Business proposal (confidential)',
    'I am the captain of a ship full of unclaimed umbrellas and look for an honest partner inland.',
  ],
  ['HairGrow', 'Bald? Not any more!', 'One drop a day. Our customers had to buy new hats.'],
  [
    'Lottery Desk',
    'Winner notification 0077/XX',
    'Your address has won 1,500,000 in a lottery in which you did not take part. Congratulations!',
  ],
  [
    'SEO Wizards',
    'Rank your bridge on page one',
    'We have looked at your bridge and found 37 errors. Let our experts optimise it.',
  ],
  ['Cheap Watches', 'Replica tide clocks', 'They look real, they are always six hours off.'],
  [
    'Invoice Dept.',
    'Overdue payment, final reminder',
    'Please pay the attached invoice, which we forgot to attach, to an account that we will name by telephone.',
  ],
  [
    'Elena',
    'hello dear',
    'I saw your picture in the internet and think that you are a kind person. I like walks and prepaid cards.',
  ],
  [
    'Dieter Gewinn',
    'Sie haben gewonnen!!!',
    'Ihre Postleitzahl wurde gezogen. Fordern Sie noch heute Ihre Kreuzfahrt an, nur die Hafengebühr ist zu zahlen.',
  ],
  ['Crypto Tides', 'Coins that rise with the moon', 'Our algorithm has never lost, because it has never been tried.'],
  ['Window World', 'Neue Fenster ohne Anzahlung', 'Unser Berater ist zufällig in Ihrer Straße. Er klingelt gleich.'],
  ['Pharm4cy', 'Ch3ap p1lls', 'N0 pr3scription, n0 qu3stions, n0 v0wels.'],
  ['Book Prize', 'Your novel has been selected', 'We have not read it, but we love it. The certificate is only 89.'],
  [
    'Cloud Drive Team',
    'A file was shared with you',
    'Somebody whom you trust has shared “salaries.xls”. Sign in here with your mail password: http://files.example.net/s',
  ],
]

/** Plans what nobody asked for. */
export function* junk(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, [name, subject, text]] of OFFERS.entries()) {
    const key = `junk/${index}`
    const random = world.random(key)
    const from = { name, address: `${random.hex(8)}@${random.pick(['offers', 'bulk', 'mx7', 'promo'])}.example.net` }
    yield world.plan({
      ...{ key, folder: 'Junk', from, subject },
      sentMs: world.daysAgo(1 + index * 3, key),
      fields: [
        ['X-Spam-Flag', 'YES'],
        ['X-Spam-Score', (5 + random.next() * 20).toFixed(1)],
      ],
      part: () => textPart(wrapped(text)),
    })
  }
}
