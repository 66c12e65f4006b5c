import type { SettingsDocument } from '../../../daemon/discovery/settings-document.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'

/** What is searched for. */
export interface SettingsQuestion {
  readonly email: string
  /** Undefined to look only: nobody signs in. */
  readonly password: string | undefined
  /** Whether hosts outside the mail domain may have the password unasked. */
  readonly yes: boolean
  /** Whether servers of calendars and contacts are searched for alone. */
  readonly isGroupwareOnly?: boolean
}

/**
 * Searches for the servers of an address; asks before the password goes to hosts outside its domain, as far as somebody can
 * be asked and what was found without them is not enough.
 */
export async function searchSettings(
  { email, password, yes, isGroupwareOnly = false }: SettingsQuestion,
  context: CommandContext,
): Promise<SettingsDocument> {
  const params = { email, isGroupwareOnly, ...(password === undefined ? {} : { password }) }
  const first = await call<SettingsDocument>(context, 'discover', { ...params, accept: yes ? 'all' : [] })
  const isWhole = first.taken !== null && (isGroupwareOnly || first.taken.smtp !== null)
  if (password === undefined || isWhole || first.asks.length === 0) return first
  if (!(await saysYes(first, context))) return first
  const accept = first.asks.map(({ host }) => host)
  return call<SettingsDocument>(context, 'discover', { ...params, accept, refused: first.refused })
}

/** Asks for hosts that nobody vouches for; no is an answer, as is having nobody to ask. */
async function saysYes({ asks }: SettingsDocument, { terminal, signal }: CommandContext): Promise<boolean> {
  const hosts = asks.map(({ host, why }) => `${host} (${why})`).join(', ')
  try {
    await terminal.confirm(`Send the password to ${hosts}?`, { yes: false, signal })
    return true
  } catch (error) {
    if (error instanceof PosternError && error.code === ('CLI_NOT_CONFIRMED' satisfies CliErrorCode)) return false
    throw error
  }
}
