import { type Command, defineCommand } from '../../command.ts'
import { describeProfile, type ShownProfile, settingsHelp } from '../../profile-text.ts'
import { table } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { profileAddCommand, profilePasswordCommand, profileRemoveCommand } from './profile-change.ts'
import { profileSignInCommand } from './profile-sign-in.ts'

interface ProfileDocument {
  readonly name: string
  readonly email: string
  readonly imap: string
  readonly smtp?: string | null
}

const nameOption = { type: 'string', demandOption: true, describe: 'The profile’s name' } as const

const listCommand = defineCommand({
  command: 'list',
  describe: 'List the profiles',
  run: async (_options, context) => {
    const profiles = await call<ProfileDocument[]>(context, 'profile.list', {})
    context.terminal.result(profiles, () =>
      table(
        ['NAME', 'EMAIL', 'IMAP', 'SMTP'],
        profiles.map(({ name, email, imap, smtp }) => [name, email, imap, smtp ?? '-']),
      ),
    )
    return undefined
  },
})

const showCommand = defineCommand<{ name: string }>({
  command: 'show <name>',
  describe: 'Show a profile’s settings; never a password',
  build: yargs => yargs.positional('name', nameOption),
  run: async ({ name }, context) => {
    context.terminal.result(await call<ShownProfile>(context, 'profile.show', { name: String(name) }), describeProfile)
    return undefined
  },
})

const setCommand = defineCommand<{ name: string; key: string; value: string }>({
  command: 'set <name> <key> <value>',
  describe: 'Change a setting of a profile; an empty value takes it away',
  examples: [['$0 profile set work relay spool', 'Accept mail at once, deliver it later']],
  build: yargs =>
    yargs
      .positional('name', nameOption)
      .positional('key', { type: 'string', demandOption: true, describe: 'One of the settings below' })
      .positional('value', { type: 'string', demandOption: true, describe: 'Lists are written with commas' })
      .string('value')
      .epilogue(settingsHelp()),
  run: async ({ name, key, value }, context) => {
    const params = { name: String(name), key: String(key), value: String(value) }
    context.terminal.result(await call<ShownProfile>(context, 'profile.set', params), describeProfile)
    return undefined
  },
})

interface TestDocument {
  readonly ok: boolean
  readonly tests: readonly {
    connection: string
    server: string
    ok: boolean
    says: string
    error: { advice: string } | null
  }[]
}

const testCommand = defineCommand<{ name: string }>({
  command: 'test <name>',
  describe: 'Test settings: sign in to every server of the profile',
  build: yargs => yargs.positional('name', nameOption),
  run: async ({ name }, context) => {
    const document = await call<TestDocument>(context, 'profile.test', { name: String(name) })
    context.terminal.result(document, ({ tests }) =>
      tests
        .map(
          ({ connection, server, ok, says, error }) =>
            `${ok ? 'ok    ' : 'FAILED'} ${connection} ${server}: ${says}${error ? `\n  ${error.advice}` : ''}`,
        )
        .join('\n'),
    )
    return document.ok ? 0 : 1
  },
})

interface OutlookDocument {
  readonly email: string
  readonly user: string
  readonly localPassword: string | null
  readonly pop3: { host: string; port: number }
  readonly smtp: { host: string; port: number }
  readonly imap: { host: string; port: number }
  readonly relays: boolean
}

const outlookCommand = defineCommand<{ name: string }>({
  command: 'outlook <name>',
  describe: 'Show what to type into Outlook, with the local password',
  build: yargs => yargs.positional('name', nameOption),
  run: async ({ name }, context) => {
    context.terminal.result(
      await call<OutlookDocument>(context, 'profile.outlook', { name: String(name) }),
      describeOutlook,
    )
    return undefined
  },
})

/** `postern profile` */
export const profileCommand: Command<never> = defineCommand({
  command: 'profile',
  describe: 'Accounts of real servers',
  children: [
    profileAddCommand,
    listCommand,
    showCommand,
    setCommand,
    testCommand,
    profilePasswordCommand,
    profileSignInCommand,
    outlookCommand,
    profileRemoveCommand,
  ],
})

function describeOutlook({ email, user, localPassword, pop3, smtp, imap, relays }: OutlookDocument): string {
  return [
    'In Outlook, add an account by hand: POP or IMAP, then POP3.',
    `  E-mail address             ${email}`,
    `  Incoming mail (POP3)       ${pop3.host}   port ${pop3.port}`,
    `  Outgoing mail (SMTP)       ${smtp.host}   port ${smtp.port}`,
    `  User name                  ${user}`,
    `  Password                   ${localPassword ?? 'not stored'}`,
    '  Encryption                 none, STARTTLS or SSL/TLS: each port takes all three',
    '  More settings              "My outgoing server requires authentication", same as incoming',
    'In any other mail program, read the same mail as an IMAP account:',
    `  Incoming mail (IMAP)       ${imap.host}   port ${imap.port}, the same user name and password`,
    ...(relays ? [] : ['  This profile has no SMTP server yet: postern profile set NAME smtp smtps://HOST']),
  ].join('\n')
}
