import type { Mailbox } from '../backend.ts'

/** A name in the hierarchy of mailboxes. */
export interface MailboxNode {
  readonly path: string
  readonly delimiter: string | undefined
  /** Undefined for a name that is there only because others are below it. */
  readonly mailbox: Mailbox | undefined
  readonly hasChildren: boolean
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** Orders mailboxes by name, INBOX first, with the names above them that nobody has made. */
export function mailboxTree(mailboxes: readonly Mailbox[]): MailboxNode[] {
  const nodes = new Map<string, Mutable<MailboxNode>>()
  for (const mailbox of mailboxes) nodeOf(nodes, mailbox.path, mailbox.delimiter).mailbox = mailbox
  for (const mailbox of mailboxes) {
    for (const path of pathsAbove(mailbox)) nodeOf(nodes, path, mailbox.delimiter).hasChildren = true
  }
  return [...nodes.values()].sort((left, right) => rank(left) - rank(right) || (left.path < right.path ? -1 : 1))
}

/** Gives all names above mailboxes. */
export function namesAbove(mailboxes: readonly Mailbox[]): ReadonlySet<string> {
  return new Set(mailboxes.flatMap(mailbox => [...pathsAbove(mailbox)]))
}

/** The hierarchy delimiter of an account; undefined when it has no hierarchy. */
export function delimiterOf(mailboxes: readonly Mailbox[]): string | undefined {
  return mailboxes.find(({ delimiter }) => delimiter !== undefined)?.delimiter
}

/** Names a special use (RFC 6154 section 2). INBOX is none. */
export function specialUseOf({ role }: Mailbox): string | undefined {
  return role === undefined || role === 'inbox' ? undefined : `\\${role.charAt(0).toUpperCase()}${role.slice(1)}`
}

function rank({ path }: MailboxNode): number {
  return path === 'INBOX' ? 0 : 1
}

function nodeOf(nodes: Map<string, Mutable<MailboxNode>>, path: string, delimiter: string | undefined) {
  const known = nodes.get(path)
  if (known) return known
  const node: Mutable<MailboxNode> = { path, delimiter, mailbox: undefined, hasChildren: false }
  nodes.set(path, node)
  return node
}

/** Gives the names above a mailbox, the top first. */
export function* pathsAbove({ path, delimiter }: Pick<Mailbox, 'path' | 'delimiter'>): Iterable<string> {
  if (delimiter === undefined || delimiter === '') return
  for (let at = path.indexOf(delimiter, 1); at !== -1; at = path.indexOf(delimiter, at + 1)) yield path.slice(0, at)
}
