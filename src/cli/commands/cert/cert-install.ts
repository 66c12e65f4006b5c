import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { PosternError } from '../../../errors.ts'
import { findNssDatabases, nssDatabaseAt } from '../../../tls/ca/nss-databases.ts'
import { type TrustChange, type TrustCommand, type TrustStore, trustCommands } from '../../../tls/ca/trust-stores.ts'
import type { TlsErrorCode } from '../../../tls/errors.ts'
import { certificateFingerprint } from '../../../tls/fingerprint.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { localCa } from './cert-document.ts'

const execute = promisify(execFile)
const COMMAND_TIMEOUT_MS = 120_000 // a person may be asked for a password
const UPDATE_CA_CERTIFICATES = '/usr/sbin/update-ca-certificates'

interface StoreOptions {
  store: TrustStore
  'dry-run': boolean
  yes: boolean
  'nss-database': string | undefined
}

/** `postern cert install` */
export const certInstallCommand: Command<never> = storeCommand(
  'install',
  'Make this machine trust the local CA, so that Outlook does not warn',
)

/** `postern cert uninstall` */
export const certUninstallCommand: Command<never> = storeCommand('uninstall', 'Make this machine forget the local CA')

function storeCommand(change: TrustChange, describe: string): Command<never> {
  return defineCommand<StoreOptions>({
    command: change,
    describe,
    examples: [
      [`$0 cert ${change} --dry-run`, 'Show the commands that would run'],
      [`$0 cert ${change} --store nss`, 'For Firefox and Thunderbird, and Chrome on Linux'],
    ],
    build: yargs =>
      yargs
        .option('store', {
          choices: ['system', 'user', 'nss'] as const,
          default: 'user' as const,
          describe: 'Whom it is for: all users, you, or programs that use NSS (on Linux the same as user)',
        })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Show the commands, run nothing' })
        .option('nss-database', { type: 'string', describe: 'The folder of one NSS database, instead of all yours' })
        .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
    run: async (options, context) => {
      await runAll(await commandsOf(change, options, context), options, context)
      return undefined
    },
  })
}

async function commandsOf(change: TrustChange, options: StoreOptions, context: CommandContext) {
  const { store, 'nss-database': nssDatabase } = options
  const ca = localCa(context)
  const { certificate } = await ca.authority()
  return trustCommands(change, {
    store,
    certificateFile: ca.certificateFile,
    serialNumber: certificate.serialNumber,
    sha256: certificateFingerprint(certificate),
    nssDatabases: nssDatabase === undefined ? await findNssDatabases() : [nssDatabaseAt(nssDatabase)],
    hasUpdateCaCertificates: existsSync(UPDATE_CA_CERTIFICATES),
  })
}

async function runAll(commands: readonly TrustCommand[], options: StoreOptions, { terminal, signal }: CommandContext) {
  const lines = commands.map(({ argv, says }) => ({ command: argv.map(quoted).join(' '), says }))
  if (lines.length === 0) {
    terminal.result({ ran: false, commands: lines }, () => 'There is no such trust store, so there is nothing to do.')
    return
  }
  for (const { command, says } of lines) terminal.say(`  ${printable(command)}\n      ${says}`)
  if (options['dry-run']) {
    terminal.result({ ran: false, commands: lines }, () => 'nothing was run')
    return
  }
  await terminal.confirm('Run this?', { yes: options.yes, signal })
  const failures: unknown[] = []
  for (const { argv, isIndependent } of commands) {
    try {
      await runOne(argv, signal)
    } catch (error) {
      if (!isIndependent || signal.aborted) throw error
      failures.push(error)
      terminal.note(error instanceof Error ? error.message : String(error))
    }
  }
  if (failures.length > 0) throw failures[0]
  terminal.result({ ran: true, commands: lines }, () => 'done')
}

async function runOne([program, ...args]: TrustCommand['argv'], signal: AbortSignal): Promise<void> {
  try {
    await execute(program, args, { timeout: COMMAND_TIMEOUT_MS, signal })
  } catch (cause) {
    throw new PosternError<TlsErrorCode>('TLS_STORE_UNAVAILABLE', `${program} failed: ${reasonOf(cause)}`, {
      remedy: 'user',
      advice: 'Run the command as a user who may do this, install the missing program, or choose another --store.',
      cause,
    })
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if ('code' in cause && cause.code === 'ENOENT') return 'it is not installed.'
  const said = 'stderr' in cause ? String(cause.stderr).trim() : ''
  return printable(said === '' ? cause.message.trim() : said)
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
