import { usesPassword } from '../../../config/profile-settings.ts'
import { PosternError } from '../../../errors.ts'
import type { Findings, LeftOut } from '../../../profile/migration/found-account.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { type ChosenAccount, chooseAccounts, nothingToImport } from './import-choice.ts'

const SOURCES = ['thunderbird', 'mbsync', 'davmail'] as const

interface ImportOptions {
  path: string
  from: (typeof SOURCES)[number] | undefined
  list: boolean
  only: string[] | undefined
  name: string | undefined
  email: string | undefined
  'password-stdin': boolean
}

interface Added {
  readonly name: string
  readonly email: string
  readonly missing: readonly ('password' | 'smtpPassword')[]
}

interface ListDocument {
  readonly found: readonly ChosenAccount[]
  readonly leftOut: readonly LeftOut[]
}

interface ImportDocument {
  readonly imported: readonly (Added & Pick<ChosenAccount, 'remarks'>)[]
  readonly leftOut: readonly LeftOut[]
}

/** `postern profile import` */
export const profileImportCommand: Command<never> = defineCommand<ImportOptions>({
  command: 'import <path>',
  describe: 'Add profiles from a file of profile export, or from another program; without passwords',
  examples: [
    ['$0 profile import profiles.yaml', ''],
    ['$0 profile import work.yaml --name office --password-stdin < file', 'Under another name, with a password'],
    ['$0 profile import --from thunderbird ~/.thunderbird --list', 'Show what would be imported, and what not'],
    ['$0 profile import --from mbsync ~/.mbsyncrc --only work --email ada@example.org', ''],
    ['$0 profile import --from davmail ~/.davmail.properties --email ada@example.org', ''],
  ],
  build: yargs =>
    yargs
      .positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'The file; of Thunderbird also its folder, or that of one of its profiles',
      })
      .option('from', { choices: SOURCES, describe: 'Whose configuration it is; Postern’s own without it' })
      .option('list', { type: 'boolean', default: false, describe: 'Only show what would be imported' })
      .option('only', { type: 'string', array: true, nargs: 1, describe: 'Import only this one; may be repeated' })
      .option('name', { type: 'string', describe: 'Another name for the profile, when it is one' })
      .option('email', { type: 'string', describe: 'The address, when it is one account and it is not known there' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read its password from stdin' }),
  run: async (options, context) => {
    const choice = chooseAccounts(await read(options), options)
    const { accounts, leftOut } = choice
    if (options.list) {
      context.terminal.result({ found: accounts, leftOut }, describeList)
      return undefined
    }
    if (accounts.length === 0) throw nothingToImport(choice)
    const password = options['password-stdin'] ? await passwordFor(accounts, context) : undefined
    const profiles = accounts.map(({ name, settings }) => ({
      name,
      settings,
      ...(password === undefined ? {} : { password }),
    }))
    const added = await call<readonly Added[]>(context, 'profile.import', { profiles })
    const imported = added.map((each, index) => ({ ...each, remarks: accounts[index]?.remarks ?? [] }))
    context.terminal.result({ imported, leftOut }, describeImport)
    return undefined
  },
})

// The readers are loaded when they are needed: no other command parses other programs' files.
async function read({ path, from }: ImportOptions): Promise<Findings> {
  if (from !== undefined) {
    const { findAccounts } = await import('../../../profile/migration/find-accounts.ts')
    return findAccounts(from, String(path))
  }
  const { readProfileDocument } = await import('../../../profile/transfer/read-profile-document.ts')
  const profiles = await readProfileDocument(String(path))
  return { accounts: profiles.map(({ name, settings }) => ({ name, settings, remarks: [] })), leftOut: [] }
}

async function passwordFor(accounts: readonly ChosenAccount[], { terminal, signal }: CommandContext): Promise<string> {
  const [account, second] = accounts
  if (account === undefined || second !== undefined) throw onePassword(accounts)
  if (!usesPassword(account.settings.auth)) {
    throw usage(
      `${account.name} signs in without a password (${account.settings.auth}).`,
      'Leave out --password-stdin.',
    )
  }
  const password = await terminal.secret(`Password of ${account.settings.email}: `, signal)
  if (password === '') throw usage('An empty password was given.', 'Give it as the first line of stdin.')
  return password
}

function onePassword(accounts: readonly ChosenAccount[]): PosternError {
  const names = accounts.map(({ name }) => name).join(', ')
  return usage(
    `One password cannot be that of ${accounts.length} accounts: ${names}.`,
    'Choose one with --only NAME, or import them without --password-stdin, then: postern profile password NAME',
  )
}

function usage(message: string, advice: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', message, { remedy: 'user', advice })
}

function describeList({ found, leftOut }: ListDocument): string {
  return [
    ...found.flatMap(({ name, settings, remarks }) => [
      `${name}: ${printable(settings.email)}`,
      ...Object.entries(settings)
        .filter(([key, value]) => key !== 'email' && value !== undefined)
        .map(([key, value]) => `  ${key}  ${printable(Array.isArray(value) ? value.join(',') : String(value))}`),
      ...remarkLines(remarks),
    ]),
    ...(found.length === 0 ? ['nothing would be imported'] : []),
    ...leftOutLines(leftOut),
  ].join('\n')
}

function describeImport({ imported, leftOut }: ImportDocument): string {
  return [
    ...imported.flatMap(({ name, email, remarks }) => [
      `imported ${name}: ${printable(email)}`,
      ...remarkLines(remarks),
    ]),
    ...leftOutLines(leftOut),
    ...imported.flatMap(({ name, missing }) =>
      missing.map(which => `next: postern profile password ${name}${which === 'smtpPassword' ? ' --smtp' : ''}`),
    ),
    ...imported.slice(0, 1).map(({ name }) => `then: postern profile test ${name}, postern profile outlook ${name}`),
  ].join('\n')
}

function remarkLines(remarks: readonly string[]): readonly string[] {
  return remarks.map(remark => `  note: ${printable(remark)}`)
}

function leftOutLines(leftOut: readonly LeftOut[]): readonly string[] {
  return leftOut.map(({ what, why }) => `left out: ${printable(what)}: ${printable(why)}`)
}
