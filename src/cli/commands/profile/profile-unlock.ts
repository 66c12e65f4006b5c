import type { UnlockedDocument, WantedPassword } from '../../../daemon/methods/password.ts'
import { PosternError } from '../../../errors.ts'
import type { ProfileErrorCode } from '../../../profile/errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { typedPassword } from './typed-password.ts'

const ATTEMPTS = 3

/** `postern profile unlock` */
export const profileUnlockCommand: Command<never> = defineCommand<{
  name: string
  smtp: boolean
  'password-stdin': boolean
}>({
  command: 'unlock <name>',
  describe: 'Type a password that is not remembered; the running daemon holds it in memory only',
  examples: [
    ['$0 profile unlock work', 'Asks for it, without showing it'],
    ['$0 profile unlock work --password-stdin < file', 'From a program that keeps passwords'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('smtp', { type: 'boolean', default: false, describe: 'That of the SMTP server (smtpAuth: own)' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async ({ name, smtp }, context) => {
    const wanted = { name: String(name), which: smtp ? 'smtpPassword' : 'password' } as const
    const password = await typedPassword({ ...wanted, isUnlocking: true }, `Password of ${name}: `, context)
    context.terminal.result(await unlock(context, { ...wanted, password }), describe)
    return undefined
  },
})

/** Asks a person at a terminal for every password that is wanted; an empty line leaves a profile locked. */
export async function askForPasswords(context: CommandContext): Promise<void> {
  if (!context.terminal.canAsk) return
  for (const wanted of await call<readonly WantedPassword[]>(context, 'profile.wanted', {})) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) if (await ask(wanted, context)) break
  }
}

/** Asks once; true when there is no need to ask again. */
async function ask({ name, email, which }: WantedPassword, context: CommandContext): Promise<boolean> {
  const { terminal, signal } = context
  const what = which === 'password' ? 'Password' : 'SMTP password'
  const password = await terminal.secret(`${what} of ${email} (${name}), or nothing to stay offline: `, signal)
  if (password === '') return true
  try {
    terminal.note(describe(await unlock(context, { name, which, password })))
    return true
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    terminal.note(printable(error.message))
    return error.code === ('PROFILE_SIGN_IN_STOPPED' satisfies ProfileErrorCode)
  }
}

function unlock(
  context: CommandContext,
  params: Pick<WantedPassword, 'name' | 'which'> & { readonly password: string },
): Promise<UnlockedDocument> {
  return call<UnlockedDocument>(context, 'profile.unlock', params)
}

function describe({ name, says }: UnlockedDocument): string {
  return says === null ? `${name} is unlocked` : `${name} is unlocked; the password is not proved: ${printable(says)}`
}
