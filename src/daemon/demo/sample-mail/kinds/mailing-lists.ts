import { PEOPLE, type PersonName } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import type { Mailbox } from '../wire/header-fields.ts'
import { textPart } from '../wire/mime-parts.ts'
import { wrapped } from '../wire/paragraphs.ts'

const LIST: Mailbox = { name: 'Small Bridges', address: 'small-bridges@lists.example.org' }
const HOST = 'lists.example.org'
const FOOTER = `_______________________________________________
small-bridges mailing list
https://${HOST}/small-bridges`

interface Post {
  readonly who: PersonName
  readonly text: string
  /** The index of the post that it answers. */
  readonly to?: number
}

interface Topic {
  readonly subject: string
  readonly daysAgo: number
  readonly posts: readonly Post[]
}

const TOPICS: readonly Topic[] = [
  {
    subject: 'Deflection limits for very light decks',
    daysAgo: 476,
    posts: [
      {
        who: 'priya',
        text: 'Which limit do you use for decks below 50 kg per square metre? L/250 feels like a trampoline, L/500 is paid for in steel.',
      },
      {
        who: 'tom',
        text: 'We use L/350 and check the first natural frequency. Below 3 Hz people start to dance, and not because they want to.',
        to: 0,
      },
      {
        who: 'kenji',
        text: 'For timber we take L/400 and a damping of 1.5 %. There is a good table in the proceedings of the last meeting.',
        to: 0,
      },
      { who: 'priya', text: 'Thank you both. 3 Hz it is, and no dancing.', to: 1 },
      { who: 'mara', text: 'A little dancing should be allowed at openings.', to: 3 },
    ],
  },
  {
    subject: 'Seagulls and cable stays',
    daysAgo: 301,
    posts: [
      {
        who: 'ines',
        text: 'Our gulls sit on the lowest stay, all of them, always. The tension readings go up by 2 % every evening. Has anybody a friendly remedy?',
      },
      { who: 'leo', text: 'Put a lamp next to it. They hate warm light and move one stay up.', to: 0 },
      { who: 'ines', text: 'They love the lamp.', to: 1 },
      { who: 'tom', text: 'Then you have a load case. Congratulations.', to: 2 },
    ],
  },
  {
    subject: '[ANN] Meeting in spring: call for papers',
    daysAgo: 140,
    posts: [
      {
        who: 'nadia',
        text: 'The yearly meeting takes place in the old customs house. Send abstracts of at most 300 words by the end of the month. Bridges shorter than their own name are especially welcome.',
      },
      { who: 'kenji', text: 'May one submit a bridge that does not exist yet?', to: 0 },
      { who: 'nadia', text: 'Those are the best.', to: 1 },
    ],
  },
  {
    subject: 'Looking for a drawing from 1961',
    daysAgo: 22,
    posts: [
      {
        who: 'tom',
        text: 'Does anybody have the drawings of swing bridges by the Northern Dock Company, sheet 14? Ours has a coffee ring exactly where the pivot is.',
      },
      { who: 'mara', text: 'The museum has a set. The pivot is intact, the coffee is on sheet 9.', to: 0 },
    ],
  },
]

/** Plans a discussion list: threads with branches, each post with the fields of RFC 2369 and RFC 2919. */
export function* mailingLists(world: SampleWorld): Generator<PlannedMessage> {
  for (const topic of TOPICS) {
    const ancestry: string[][] = []
    for (const [index, post] of topic.posts.entries()) {
      const key = `list/${topic.subject}/${index}`
      const messageId = world.messageId(key, PEOPLE[post.who])
      const references = post.to === undefined ? [] : (ancestry[post.to] ?? [])
      ancestry.push([...references, messageId])
      yield postOf(world, topic, { key, index, post, references })
    }
  }
}

interface Placed {
  readonly key: string
  readonly index: number
  readonly post: Post
  readonly references: readonly string[]
}

function postOf(world: SampleWorld, { subject, daysAgo }: Topic, { key, index, post, references }: Placed) {
  const tag = '[small-bridges] '
  return world.plan({
    ...{
      key,
      folder: index === 0 && daysAgo < 30 ? 'INBOX' : 'Newsletters',
      from: PEOPLE[post.who],
      to: [LIST],
      references,
    },
    subject: index === 0 ? `${tag}${subject}` : `Re: ${tag}${subject}`,
    sentMs: world.daysAgo(daysAgo - index, key),
    fields: [
      ['Sender', `small-bridges-bounces@${HOST}`],
      ['List-Id', `Small Bridges <small-bridges.${HOST}>`],
      ['List-Post', `<mailto:small-bridges@${HOST}>`],
      ['List-Archive', `<https://${HOST}/small-bridges/archive>`],
      ['List-Help', `<mailto:small-bridges-request@${HOST}?subject=help>`],
      ['List-Unsubscribe', `<mailto:small-bridges-request@${HOST}?subject=unsubscribe>`],
      ['Precedence', 'list'],
    ],
    part: () => textPart(wrapped(`${post.text}\n\n${FOOTER}`)),
  })
}
