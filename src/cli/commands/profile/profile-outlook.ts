import { join, resolve } from 'node:path'
import process from 'node:process'
import { PosternError } from '../../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'
import { makeOutputFolder, type OutputFile, writeNewFiles } from '../../write-output.ts'

interface OutlookOptions {
  name: string
  prf: string | undefined
  autodiscover: string | undefined
  'display-name': string | undefined
  'outlook-profile': string | undefined
  'data-file': string | undefined
  'code-page': number | undefined
  'windows-folder': string | undefined
  force: boolean
}

interface OutlookDocument {
  readonly email: string
  readonly user: string
  readonly localPassword: string | null
  readonly pop3: { host: string; port: number }
  readonly smtp: { host: string; port: number }
  readonly imap: { host: string; port: number }
  readonly relays: boolean
  readonly groupwareOnly: boolean
}

interface MadeFiles {
  readonly files: readonly { readonly name: string; readonly base64: string }[]
  readonly remarks: readonly string[]
}

interface WrittenDocument {
  readonly files: readonly string[]
  /** Nobody has tried such files with a real Outlook yet. */
  readonly verified: false
  readonly remarks: readonly string[]
}

// Windows' code pages with one octet a character.
const CODE_PAGES = [874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258]
const FOR_FILES = ['display-name', 'outlook-profile', 'data-file', 'windows-folder'] as const
const FOR_PRF = ['outlook-profile', 'data-file', 'code-page'] as const

/** `postern profile outlook` */
export const profileOutlookCommand: Command<never> = defineCommand<OutlookOptions>({
  command: 'outlook <name>',
  describe: 'Show what to type into Outlook, with the local password; or write files that set Outlook up, without any',
  examples: [
    ['$0 profile outlook work', 'The values, for any version'],
    ['$0 profile outlook work --prf work.prf', 'Then on Windows: outlook.exe /importprf C:\\path\\work.prf'],
    [
      "$0 profile outlook work --autodiscover setup --windows-folder 'C:\\Postern'",
      'Copy the folder to C:\\Postern, then open work.reg there',
    ],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'The profile’s name' })
      .option('prf', { type: 'string', describe: 'Write a .prf file: a new Outlook profile with the account' })
      .option('autodiscover', {
        type: 'string',
        describe: 'Write a local Autodiscover file into this folder, with .reg files',
      })
      .option('display-name', { type: 'string', describe: 'Your name as recipients see it; else the address' })
      .option('outlook-profile', { type: 'string', describe: 'With --prf: how the Outlook profile is called' })
      .option('data-file', {
        type: 'string',
        describe: 'With --prf: a data file on Windows; else Outlook makes its own',
      })
      .option('code-page', {
        choices: CODE_PAGES,
        describe: 'With --prf: the ANSI code page of the Windows machine, if not 1252',
      })
      .option('windows-folder', {
        type: 'string',
        describe: 'With --autodiscover: where the folder will lie on Windows',
      })
      .option('force', { type: 'boolean', default: false, describe: 'Replace files that are there' })
      .epilogue('The files are unverified: made from documents, not yet tried with a real Outlook.'),
  run: async (options, context) => {
    assertTogether(options)
    const { prf, autodiscover } = options
    if (prf === undefined && autodiscover === undefined) return showValues(options.name, context)
    const made = [
      ...(prf === undefined ? [] : [await makePrf(options, prf, context)]),
      ...(autodiscover === undefined ? [] : [await makeLocal(options, autodiscover, context)]),
    ]
    const files = made.flatMap(({ files }) => files)
    if (autodiscover !== undefined) await makeOutputFolder(autodiscover)
    await writeNewFiles(files, options)
    const document: WrittenDocument = {
      files: files.map(({ path }) => path),
      verified: false,
      remarks: [...new Set(made.flatMap(({ remarks }) => remarks))],
    }
    context.terminal.result(document, document => describeWritten(options.name, document))
    return undefined
  },
})

interface Made {
  readonly files: readonly OutputFile[]
  readonly remarks: readonly string[]
}

async function showValues(name: string, context: CommandContext): Promise<undefined> {
  const document = await call<OutlookDocument>(context, 'profile.outlook', { name: String(name) })
  context.terminal.result(document, describeOutlook)
  return undefined
}

async function makePrf(options: OutlookOptions, file: string, context: CommandContext): Promise<Made> {
  const { files, remarks } = await call<MadeFiles>(context, 'profile.outlookPrf', {
    name: String(options.name),
    displayName: options['display-name'],
    outlookProfile: options['outlook-profile'],
    dataFile: options['data-file'],
    codePage: options['code-page'],
  })
  return { files: files.map(({ base64 }) => ({ path: file, octets: Buffer.from(base64, 'base64') })), remarks }
}

async function makeLocal(options: OutlookOptions, dir: string, context: CommandContext): Promise<Made> {
  const here = process.platform === 'win32' ? resolve(dir) : undefined
  const { files, remarks } = await call<MadeFiles>(context, 'profile.outlookAutodiscover', {
    name: String(options.name),
    displayName: options['display-name'],
    windowsFolder: options['windows-folder'] ?? here,
  })
  const inside = files.map(({ name, base64 }) => ({ path: join(dir, name), octets: Buffer.from(base64, 'base64') }))
  return { files: inside, remarks }
}

function assertTogether(options: OutlookOptions): void {
  const empty = FOR_FILES.find(key => options[key] === '')
  if (empty !== undefined) throw usage(`--${empty} is empty.`)
  const lonely = options.prf === undefined ? FOR_PRF.find(key => options[key] !== undefined) : undefined
  if (lonely !== undefined) throw usage(`--${lonely} goes with --prf.`)
  if (options.autodiscover !== undefined) return
  if (options['windows-folder'] !== undefined) throw usage('--windows-folder goes with --autodiscover.')
  if (options.prf !== undefined) return
  if (options['display-name'] !== undefined) throw usage('--display-name goes with --prf or --autodiscover.')
}

function usage(message: string): PosternError {
  const advice = 'See postern profile outlook --help.'
  return new PosternError<CliErrorCode>('CLI_USAGE', message, { remedy: 'user', advice })
}

function describeWritten(name: string, { files, remarks }: WrittenDocument): string {
  return [
    ...files.map(file => `written: ${file}`),
    'Not tried with a real Outlook yet: see docs/outlook for what is known, and tell how it went.',
    `No password is in them: Outlook asks; postern profile outlook ${name} shows the local one.`,
    ...remarks,
  ].join('\n')
}

function describeOutlook(document: OutlookDocument): string {
  const { email, user, localPassword, pop3, smtp, imap, relays, groupwareOnly } = document
  if (groupwareOnly) return describeGroupware(document)
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

/** Mail is with an account of Outlook's own; who has been told of the POP3 front anyway gets the truth from it. */
function describeGroupware({ email, pop3, smtp, relays, user, localPassword }: OutlookDocument): string {
  return [
    `Nothing is to be typed into Outlook for mail: the mail of ${email} stays with an account of Outlook’s own,`,
    'with the provider’s POP3 server (port 995, SSL/TLS) and SMTP server, and the provider’s password.',
    'Postern synchronizes the calendars and contacts: postern folder list.',
    ...(relays
      ? [
          `  To send by way of Postern  ${smtp.host}   port ${smtp.port}`,
          `  User name and password     ${user}   ${localPassword ?? 'not stored'}`,
        ]
      : []),
    `The POP3 front (${pop3.host}, port ${pop3.port}) takes the local password for it, and has no mail.`,
  ].join('\n')
}
