import { PEOPLE } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { textPart } from '../wire/mime-parts.ts'
import { flowed, htmlPage } from '../wire/paragraphs.ts'

const { ines, oma, mara } = PEOPLE

/** Plans letters that are not finished. */
export function* drafts(world: SampleWorld): Generator<PlannedMessage> {
  const common = { folder: 'Drafts', from: world.me }
  const sentMs = (days: number) => world.daysAgo(days, `draft/${days}`)
  const text = (words: string) => () => textPart(flowed(words), { parameters: '; format=flowed' })
  yield world.plan({
    ...{ ...common, key: 'draft/speech', to: [ines], subject: 'Words for the opening', sentMs: sentMs(3) },
    part: text(
      'Dear all,\n\na bridge is a polite way of disagreeing with a river.\n\n(or does that sound like a tea towel?)',
    ),
  })
  yield world.plan({
    ...{ ...common, key: 'draft/oma', to: [oma], subject: 'Re: Grüße vom See', sentMs: sentMs(1) },
    part: text('Liebe Oma,\n\nim Kühlschrank! Dann war sie wenigstens kühl gelagert.'),
  })
  yield world.plan({
    ...{ ...common, key: 'draft/nobody', to: [], subject: '', sentMs: sentMs(48) },
    part: text('Things to ask the council:\n- who cleans the drains\n- who owns the swans'),
  })
  yield world.plan({
    ...{ ...common, key: 'draft/roof', to: [mara], subject: 'Meadow on the roof', sentMs: sentMs(4) },
    part: () =>
      textPart(htmlPage('Mara,\n\nwhat about thyme? It wants no water and smells of holidays.'), { subtype: 'html' }),
  })
}
