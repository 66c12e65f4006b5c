import { profileName } from '../../config/profile-settings.ts'
import { type ImportedSettings, importedSettings, MAX_PROFILES } from '../transfer/imported-profile.ts'

/** An account that another program has. */
export interface FoundAccount {
  /** How the profile will be called here. */
  readonly name: string
  /** Without an address where the program does not know it. */
  readonly settings: Omit<ImportedSettings, 'email'> & { readonly email?: string | undefined }
  /** What of the account is otherwise here, or is not taken over. */
  readonly remarks: readonly string[]
}

/** Something that is not imported. */
export interface LeftOut {
  readonly what: string
  readonly why: string
}

/** What was found in another program's configuration. */
export interface Findings {
  readonly accounts: readonly FoundAccount[]
  readonly leftOut: readonly LeftOut[]
}

const MAX_NAME_LENGTH = 56 // profiles’ names have 63 letters at most, and a number may follow

/** Takes as many accounts as one import may bring, and tells of the others. */
export function withinLimit<Account>(all: readonly Account[]): {
  readonly taken: readonly Account[]
  readonly leftOut: readonly LeftOut[]
} {
  const more = all.length - MAX_PROFILES
  return {
    taken: all.slice(0, MAX_PROFILES),
    leftOut: more > 0 ? [{ what: `${more} more accounts`, why: `${MAX_PROFILES} at most are imported at once` }] : [],
  }
}

/** Gives each account a name that a profile may have, each another one. */
export function withNames<Account extends { readonly name: string }>(accounts: readonly Account[]): readonly Account[] {
  const taken = new Set<string>()
  return accounts.map(account => {
    const name = freeName(nameFrom(account.name), taken)
    taken.add(name.toLowerCase())
    return { ...account, name }
  })
}

/** Puts aside what no profile can have: another program may take what Postern does not. */
export function withValid({ accounts, leftOut }: Findings): Findings {
  const checked = accounts.map(account => ({ account, why: whatIsWrong(account) }))
  return {
    accounts: checked.filter(({ why }) => why === undefined).map(({ account }) => account),
    leftOut: [
      ...leftOut,
      ...checked.flatMap(({ account, why }) => (why === undefined ? [] : [{ what: account.name, why }])),
    ],
  }
}

function whatIsWrong({ settings }: FoundAccount): string | undefined {
  const checked = importedSettings.safeParse({ ...settings, email: settings.email ?? 'not@known' })
  const [issue] = checked.error?.issues ?? []
  return issue && `${issue.path.map(String).join('.')} ${issue.message}`
}

function nameFrom(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[^A-Za-z0-9]+$/, '')
  return profileName.safeParse(name).success ? name : 'account'
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${name}-${number}`
  return free
}
