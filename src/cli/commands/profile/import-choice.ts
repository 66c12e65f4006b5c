import { PosternError } from '../../../errors.ts'
import type { ProfileErrorCode } from '../../../profile/errors.ts'
import type { Findings, FoundAccount } from '../../../profile/migration/found-account.ts'
import type { ImportedProfile } from '../../../profile/transfer/imported-profile.ts'
import type { CliErrorCode } from '../../errors.ts'

/** What a user says about the accounts that were found. */
export interface ChoiceOptions {
  /** The names of those that are wanted; all without it. */
  readonly only: readonly string[] | undefined
  /** Another name for the one. */
  readonly name: string | undefined
  /** The address of the one. */
  readonly email: string | undefined
}

/** An account that is to be imported. */
export type ChosenAccount = Pick<ImportedProfile, 'name' | 'settings'> & Pick<FoundAccount, 'remarks'>

/** What is to be imported, and what is not, with the reasons. */
export interface Choice {
  readonly accounts: readonly ChosenAccount[]
  readonly leftOut: Findings['leftOut']
}

/**
 * Chooses among the accounts that were found. One without an address is left out.
 *
 * @throws {PosternError} CLI_USAGE
 */
export function chooseAccounts(findings: Findings, { only, name, email }: ChoiceOptions): Choice {
  const { accounts, leftOut } = findings
  const wanted = only ? [...new Set(only)].map(each => named(each, findings)) : accounts
  if (wanted.length > 1 && (name !== undefined || email !== undefined)) {
    throw usage(
      `--${name === undefined ? 'email' : 'name'} is for one account, and there are ${wanted.length}.`,
      accounts,
    )
  }
  const chosen = wanted.map(({ name: found, settings, remarks }) => ({
    name: name ?? found,
    settings: { ...settings, email: email ?? settings.email },
    remarks,
  }))
  return {
    accounts: chosen.flatMap(account => (hasAddress(account) ? [account] : [])),
    leftOut: [...leftOut, ...chosen.filter(account => !hasAddress(account)).map(({ name }) => withoutAddress(name))],
  }
}

/** Says that nothing is to be imported. */
export function nothingToImport({ leftOut }: Choice): PosternError {
  const reasons = leftOut.map(({ what, why }) => `\n  ${what}: ${why}`).join('')
  return new PosternError<ProfileErrorCode>('PROFILE_IMPORT_NOTHING', `There is no account to import.${reasons}`, {
    remedy: 'user',
    advice: 'Nothing was changed. An account can be added by hand: postern profile add --help',
  })
}

function hasAddress(account: { settings: { email?: string | undefined } }): account is ChosenAccount {
  return account.settings.email !== undefined
}

function withoutAddress(name: string) {
  return { what: name, why: `its e-mail address is not known there; say it: --only ${name} --email ADDRESS` }
}

function named(name: string, { accounts, leftOut }: Findings): FoundAccount {
  const found = accounts.find(account => account.name === name)
  if (found) return found
  const not = leftOut.find(({ what }) => what === name)
  throw usage(not ? `${name} is left out: ${not.why}.` : `There is no account ${JSON.stringify(name)}.`, accounts)
}

function usage(message: string, accounts: readonly FoundAccount[]): PosternError {
  const names = accounts.map(({ name }) => name).join(', ')
  return new PosternError<CliErrorCode>('CLI_USAGE', message, {
    remedy: 'user',
    advice: `Choose with --only NAME: ${names === '' ? 'none was found' : names}.`,
  })
}
