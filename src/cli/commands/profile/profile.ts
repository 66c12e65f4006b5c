import { type Command, defineCommand } from '../../command.ts'
import { describeProfile, type ShownProfile, settingsHelp } from '../../profile-text.ts'
import { table } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { testLine } from './manual-servers.ts'
import { profileAddCommand } from './profile-add.ts'
import { profileBindCommand } from './profile-bind.ts'
import { profileExportCommand } from './profile-export.ts'
import { profileImportCommand } from './profile-import.ts'
import { profileOutlookCommand } from './profile-outlook.ts'
import { profilePasswordCommand } from './profile-password.ts'
import { profileRemoveCommand } from './profile-remove.ts'
import { profileSignInCommand } from './profile-sign-in.ts'
import { profileUnbindCommand } from './profile-unbind.ts'
import { profileUnlockCommand } from './profile-unlock.ts'

interface ProfileDocument {
  readonly name: string
  readonly email: string
  /** Whether it has servers to synchronize with. */
  readonly bound: boolean
  readonly imap: string | null
  readonly smtp?: string | null
  readonly dav?: string | null
  readonly mailIn?: string
}

const nameOption = { type: 'string', demandOption: true, describe: 'The profile’s name' } as const

const listCommand = defineCommand({
  command: 'list',
  describe: 'List the profiles',
  examples: [['$0 profile list --json', 'For programs']],
  run: async (_options, context) => {
    const profiles = await call<ProfileDocument[]>(context, 'profile.list', {})
    context.terminal.result(profiles, () =>
      table(
        ['NAME', 'EMAIL', 'IMAP', 'SMTP', 'DAV'],
        profiles.map(profile => [
          ...[profile.name, profile.email, imapOf(profile), profile.smtp ?? '-', profile.dav ?? '-'],
        ]),
      ),
    )
    return undefined
  },
})

const showCommand = defineCommand<{ name: string }>({
  command: 'show <name>',
  describe: 'Show a profile’s settings; never a password',
  examples: [['$0 profile show work', '']],
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
  examples: [['$0 profile test work', 'Exit code 1 if any of them fails']],
  build: yargs => yargs.positional('name', nameOption),
  run: async ({ name }, context) => {
    const document = await call<TestDocument>(context, 'profile.test', { name: String(name) })
    context.terminal.result(document, ({ tests }) => tests.map(testLine).join('\n'))
    return document.ok ? 0 : 1
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
    profileUnlockCommand,
    profileOutlookCommand,
    profileExportCommand,
    profileImportCommand,
    profileSignInCommand,
    profileBindCommand,
    profileUnbindCommand,
    profileRemoveCommand,
  ],
})

function imapOf({ bound, imap, mailIn }: ProfileDocument): string {
  if (!bound) return 'unbound'
  return mailIn === 'outlook' ? 'in Outlook' : (imap ?? '-')
}
