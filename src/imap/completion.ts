import type { ImapRefusal } from './backend.ts'
import type { State } from './session-state.ts'

/** How a command ends. */
export interface Done {
  readonly status: 'OK' | 'NO' | 'BAD'
  /** A response code without its brackets; empty for none. */
  readonly code: string
  /** Constant English, nothing of the client's. */
  readonly text: string
  /** The new state of the session, where it changes. */
  readonly next?: State
}

/** What a command leads to: its end, or a question, after whose answer the end comes. */
export type Completion = Done | { readonly status: 'later'; readonly next: State }

/** A command that cannot be obeyed by anybody: answered BAD. `message` is constant English. */
export class BadCommand extends Error {}

/** The command was obeyed. */
export function ok(text: string, code = ''): Done {
  return { status: 'OK', code, text }
}

/** The command was understood and is refused. */
export function no(text: string, code = ''): Done {
  return { status: 'NO', code, text }
}

/** The command is wrong. */
export function bad(text: string): Done {
  return { status: 'BAD', code: '', text }
}

/** Tells a client why it does not get what it asks for. */
export function refusal({ code, message }: ImapRefusal): Done {
  return no(message, code)
}

/** Writes the end of a command; untagged without a tag (RFC 9051 section 7.1.3). */
export function taggedLine(tag: string | undefined, { status, code, text }: Done): string {
  return `${tag ?? '*'} ${status} ${code === '' ? '' : `[${code}] `}${text}\r\n`
}
