/** What a second client does on the server to the message of a story. */
export type ServerAction =
  | { readonly kind: 'append'; readonly folder: string }
  | { readonly kind: 'move'; readonly folder: string }
  | { readonly kind: 'flag'; readonly add?: readonly string[]; readonly remove?: readonly string[] }
  | { readonly kind: 'expunge' }

/** What the user does to the message of a story, in Postern. */
export type UserAction =
  | { readonly kind: 'add'; readonly folder: string; readonly flags?: readonly string[] }
  | { readonly kind: 'flag'; readonly add?: readonly string[]; readonly remove?: readonly string[] }
  | { readonly kind: 'move'; readonly folder: string }
  | { readonly kind: 'copy'; readonly folder: string }
  | { readonly kind: 'delete'; readonly isPermanent?: boolean }
  | { readonly kind: 'restore' }

/** The folders in which a message is at the end; a folder that has it twice is named twice. */
export type Places = readonly string[]

/** One message, what becomes of it on both sides, and where it must be in the end. */
export interface Story {
  /** Names the message; its subject is `[tag]`. */
  readonly tag: string
  /** Where the server has it when everything is in sync. */
  readonly at?: Places
  readonly flags?: readonly string[]
  readonly hasNoId?: true
  readonly octets?: number
  /** Done and synchronized before the state that every run begins with. */
  readonly early?: UserAction
  /** Not told to the server yet when the run begins. */
  readonly user?: readonly UserAction[]
  /** Done by the user between the kill and the next start. */
  readonly later?: readonly UserAction[]
  /** Applies `user` to the first of several equal messages only. */
  readonly isFirstOnly?: true
  /** Done on the server, and not seen yet when the run begins. */
  readonly server?: ServerAction
  /** Done on the server in the middle of the run, or between the kill and the next start. */
  readonly meanwhile?: ServerAction
  /** Where it may be in the end: one of these. */
  readonly end: readonly Places[]
  /** The same, when the client wins conflicts. */
  readonly clientEnd?: readonly Places[]
  /** When the server wins, the user's version is kept as a conflict. */
  readonly isKept?: true
  /** Its flags in the end, where they differ from `flags`. */
  readonly endFlags?: readonly string[]
  /** Other flags that are as right. */
  readonly orFlags?: readonly string[]
}

/** The message is nowhere. */
export const GONE: readonly Places[] = [[]]
export const SEEN = '\\Seen'
export const FLAGGED = '\\Flagged'
export const ANSWERED = '\\Answered'

/** Changes flags. */
export function flag(add: readonly string[], remove: readonly string[] = []) {
  return { kind: 'flag' as const, add, remove }
}

/** Adds the message. */
export function add(folder: string, flags: readonly string[] = []): UserAction {
  return { kind: 'add', folder, flags }
}

/** Delivers the message. */
export function append(folder: string): ServerAction {
  return { kind: 'append', folder }
}

/** Moves the message. */
export function move(folder: string) {
  return { kind: 'move' as const, folder }
}

/** Copies the message. */
export function copy(folder: string): UserAction {
  return { kind: 'copy', folder }
}

/** The octets of a story's message. */
export function compose({ tag, hasNoId, octets = 200 }: Story): Buffer {
  const header = [
    'From: Ada <ada@example.test>',
    `Subject: [${tag}]`,
    'Date: Mon, 2 Mar 2026 10:00:00 +0000',
    ...(hasNoId ? [] : [`Message-ID: <${tag}@kill.example>`]),
  ].join('\r\n')
  const lines = Array.from({ length: Math.ceil(octets / 60) }, (_, line) => `${tag} ${line} `.padEnd(58, '.'))
  return Buffer.from(`${header}\r\n\r\n${lines.join('\r\n')}\r\n`)
}
