import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PosternError } from '../../errors.ts'
import type { TlsErrorCode } from '../../tls/errors.ts'
import { installCommands, type TrustCommand, type TrustStore, uninstallCommands } from '../../tls/trust-stores.ts'
import { type Command, type CommandContext, defineCommand } from '../command.ts'
import { localCa } from './cert-local.ts'

const execute = promisify(execFile)
const COMMAND_TIMEOUT_MS = 120_000 // a person may be asked for a password

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
  installCommands,
)

/** `postern cert uninstall` */
export const certUninstallCommand: Command<never> = storeCommand(
  'uninstall',
  'Make this machine forget the local CA',
  uninstallCommands,
)

function storeCommand(
  word: 'install' | 'uninstall',
  describe: string,
  commandsFor: typeof installCommands,
): Command<never> {
  return defineCommand<StoreOptions>({
    command: word,
    describe,
    examples: [
      [`$0 cert ${word} --dry-run`, 'Show the commands that would run'],
      [`$0 cert ${word} --store nss`, 'For Firefox, Thunderbird and Chrome on Linux'],
    ],
    build: yargs =>
      yargs
        .option('store', { choices: ['system', 'user', 'nss'] as const, default: 'user' as const })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Show the commands, run nothing' })
        .option('nss-database', { type: 'string', describe: 'The folder of another NSS database' })
        .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
    run: async (options, context) => {
      const ca = localCa(context)
      await ca.authority()
      const nssDatabase = options['nss-database']
      const commands = commandsFor({
        store: options.store,
        certificateFile: ca.certificateFile,
        ...(nssDatabase === undefined ? {} : { nssDatabase }),
      })
      await runAll(commands, options, context)
      return undefined
    },
  })
}

async function runAll(commands: readonly TrustCommand[], options: StoreOptions, { terminal, signal }: CommandContext) {
  const lines = commands.map(({ argv, says }) => ({ command: argv.map(quoted).join(' '), says }))
  for (const { command, says } of lines) terminal.say(`  ${command}\n      ${says}`)
  if (!options['dry-run']) {
    await terminal.confirm('Run this?', { yes: options.yes, signal })
    for (const { argv } of commands) await runOne(argv, signal)
  }
  terminal.result({ ran: !options['dry-run'], commands: lines }, ({ ran }) => (ran ? 'done' : 'nothing was run'))
}

async function runOne([program, ...args]: TrustCommand['argv'], signal: AbortSignal): Promise<void> {
  try {
    await execute(program, args, { timeout: COMMAND_TIMEOUT_MS, signal })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new PosternError<TlsErrorCode>('TLS_STORE_UNAVAILABLE', `${program} failed: ${reason}`, {
      remedy: 'user',
      advice: 'Run the command as a user who may do this, install the missing program, or choose another --store.',
      cause,
    })
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
