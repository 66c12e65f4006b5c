import type { UnbindingDocument } from '../../../daemon/methods/binding.ts'
import { type Command, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

/** `postern profile unbind` */
export const profileUnbindCommand: Command<never> = defineCommand<{ name: string; yes: boolean }>({
  command: 'unbind <name>',
  describe: 'Part a profile from its account: servers and passwords go, everything stored here stays and can be read',
  examples: [
    ['$0 profile unbind work', 'Tells what the server does not know yet, and asks'],
    ['$0 profile unbind work --yes', 'The same, with nobody to ask'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'The profile’s name' })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ name: given, yes }, context) => {
    const { terminal, signal } = context
    const name = String(given)
    const before = await call<UnbindingDocument>(context, 'profile.unbinding', { name })
    const question = [
      `Part ${name} from ${before.email}? Its servers and passwords are forgotten; everything stored here stays.`,
      ...warnings(before),
    ].join(' ')
    await terminal.confirm(question, { yes, signal })
    const document = await call<UnbindingDocument>(context, 'profile.unbind', { name })
    terminal.result(document, done =>
      [
        ...warnings(done).map(printable),
        `${name} is bound to no account. What it has is there as before for mail programs and postern item list;`,
        `what is changed stays on this machine. To bind it again: postern profile bind ${name} ADDRESS`,
      ].join('\n'),
    )
    return undefined
  },
})

/** What the server does not know, and what is not here. */
function warnings({
  uploads,
  changes,
  folders,
  entries,
  missing,
  headers,
  outbox,
}: UnbindingDocument): readonly string[] {
  const untold = [
    ...counted(uploads, 'message', 'to be uploaded'),
    ...counted(changes, 'change', 'of messages'),
    ...counted(folders, 'change', 'of folders'),
    ...counted(entries, 'change', 'of calendars and address books'),
  ]
  return [
    ...(untold.length > 0 ? [`The server is not told of: ${untold.join(', ')}.`] : []),
    ...(missing > 0 ? [`${missing} messages are not downloaded yet and will not be here.`] : []),
    ...(headers > 0 ? [`Of ${headers} messages only the header is here: postern item fetch brings the rest.`] : []),
    ...(outbox > 0 ? [`${outbox} messages in the outbox wait until the profile is bound again.`] : []),
  ]
}

function counted(count: number, what: string, of: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'} ${of}`]
}
