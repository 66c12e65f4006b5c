import type { FolderRole } from '../../../sync/remote.ts'

const ROLES: ReadonlyMap<string, FolderRole> = new Map([
  ['\\drafts', 'drafts'],
  ['\\sent', 'sent'],
  ['\\trash', 'trash'],
  ['\\junk', 'junk'],
  ['\\archive', 'archive'],
  ['\\all', 'all'],
  ['\\flagged', 'flagged'],
])

// Where the server says nothing (no SPECIAL-USE), the usual names tell.
const ROLES_BY_NAME: ReadonlyMap<string, FolderRole> = new Map([
  ['drafts', 'drafts'],
  ['sent', 'sent'],
  ['sent items', 'sent'],
  ['sent messages', 'sent'],
  ['trash', 'trash'],
  ['deleted items', 'trash'],
  ['deleted messages', 'trash'],
  ['junk', 'junk'],
  ['spam', 'junk'],
  ['junk e-mail', 'junk'],
])

/** Prefixes of folder names (RFC 2342). */
export interface Namespaces {
  /** Of the user's own folders, the first namespace: empty, or such as `INBOX.`. */
  readonly personal: string
  /** Of other users' and shared folders. */
  readonly foreign: readonly string[]
}

/** A folder as LIST tells of it. */
export interface ListedFolder {
  readonly path: string
  readonly delimiter: string | undefined
  /** In small letters. */
  readonly attributes: readonly string[]
}

/** Tells what folders are for (RFC 6154): by the server's mark, else by the name where no other folder has the mark. */
export class FolderRoles {
  readonly #namespaces: Namespaces
  readonly #marked: ReadonlySet<FolderRole>

  constructor(folders: readonly ListedFolder[], namespaces: Namespaces) {
    this.#namespaces = namespaces
    const marks = folders.flatMap(({ attributes }) => attributes.flatMap(attribute => ROLES.get(attribute) ?? []))
    this.#marked = new Set(marks)
  }

  of({ path, delimiter, attributes }: ListedFolder): FolderRole | undefined {
    if (path === 'INBOX') return 'inbox'
    // Another user's trash is no place for our deleted mail.
    if (this.#namespaces.foreign.some(prefix => path.startsWith(prefix))) return undefined
    const marked = attributes.map(attribute => ROLES.get(attribute)).find(role => role !== undefined)
    if (marked) return marked
    const guess = ROLES_BY_NAME.get(this.#ownName(path, delimiter).toLowerCase())
    return guess && !this.#marked.has(guess) ? guess : undefined
  }

  // The account's own folders lie at the top, below INBOX, or below its namespace.
  #ownName(path: string, delimiter: string | undefined): string {
    const prefixes = [this.#namespaces.personal, delimiter ? `INBOX${delimiter}` : '']
    const prefix = prefixes.find(each => each !== '' && path.startsWith(each)) ?? ''
    return path.slice(prefix.length)
  }
}
