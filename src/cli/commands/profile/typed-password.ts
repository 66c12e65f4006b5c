import type { WantedPassword } from '../../../daemon/methods/password.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'

/** Which password is to be typed, and whether it is tried at once. */
export interface PasswordQuestion extends Pick<WantedPassword, 'name' | 'which'> {
  readonly isUnlocking: boolean
}

/**
 * Asks for a password of a profile that has a use for one.
 *
 * @throws {PosternError} CLI_USAGE for an empty one; PROFILE_… where none is wanted, before anybody is asked.
 */
export async function typedPassword(
  question: PasswordQuestion,
  prompt: string,
  context: CommandContext,
): Promise<string> {
  await assertWanted(question, context)
  const password = await context.terminal.secret(prompt, context.signal)
  if (password === '') throw emptyPassword()
  return password
}

/** @throws {PosternError} PROFILE_… where a profile has no use for a password. */
export async function assertWanted(question: PasswordQuestion, context: CommandContext): Promise<void> {
  await call<WantedPassword>(context, 'profile.typing', question)
}

/** Says that no password was given where one is needed. */
export function emptyPassword(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'An empty password was given.', {
    remedy: 'user',
    advice: 'Type it when asked, or give it on stdin with --password-stdin.',
  })
}
