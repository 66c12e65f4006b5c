import type { ExplainDocument } from '../../../daemon/methods/explain.ts'
import { type Command, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

/** `postern item explain` */
export const itemExplainCommand: Command<never> = defineCommand<{ query: string; profile: string | undefined }>({
  command: 'explain <query>',
  describe: 'Tell a message’s story: why is it missing, twice, unread?',
  examples: [
    ['$0 item explain 1-42', 'By its id, also when it is deleted'],
    ['$0 item explain "<20260301.7@example.org>"', 'By its Message-ID, also when it never came'],
  ],
  build: yargs =>
    yargs
      .positional('query', { type: 'string', demandOption: true, describe: 'An id or a Message-ID' })
      .option('profile', { type: 'string', describe: 'Only this profile' }),
  run: async ({ query, profile }, context) => {
    const document = await call<ExplainDocument>(context, 'item.explain', { query: String(query), profile })
    context.terminal.result(document, describe)
    return undefined
  },
})

function describe({ matches, notes }: ExplainDocument): string {
  const stories = matches.map(({ id, messageId, subject, where, waitsFor, story }) =>
    [
      `${id ?? 'not here'}  ${printable(messageId ?? 'no Message-ID')}  ${printable(subject ?? '')}`.trimEnd(),
      ...where.map(place => `  It is ${printable(place)}.`),
      ...waitsFor.map(what => `  It waits for ${printable(what)}.`),
      ...story.map(({ at, text }) => `  ${at.slice(0, 19).replace('T', ' ')}  ${printable(text)}`),
    ].join('\n'),
  )
  return [...stories, ...notes.map(printable)].join('\n\n')
}
