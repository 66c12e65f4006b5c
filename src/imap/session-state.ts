import type { SaslExchange } from '../sasl/server.ts'
import type { ImapAccount } from './backend.ts'
import type { Dialect } from './dialect.ts'
import type { OpenMailbox } from './mailbox/open-mailbox.ts'
import type { EventWatch } from './notify/event-watch.ts'

/** A client that has signed in. */
export interface SignedIn {
  readonly account: ImapAccount
  readonly dialect: Dialect
  /** What it is told without asking. */
  readonly events: EventWatch
}

/** Nobody has signed in yet. */
export interface NotAuthenticated {
  readonly kind: 'not-authenticated'
}

/** Somebody has signed in, and no mailbox is open. */
export interface Authenticated extends SignedIn {
  readonly kind: 'authenticated'
}

/** A mailbox is open. */
export interface Selected extends SignedIn {
  readonly kind: 'selected'
  readonly open: OpenMailbox
}

/** Where a session is (RFC 9051 section 3). */
export type State =
  | NotAuthenticated
  | Authenticated
  | Selected
  /** The client owes a line of an AUTHENTICATE exchange. */
  | { readonly kind: 'sasl'; readonly tag: string; readonly exchange: SaslExchange }
  /** The client owes the DONE of an IDLE. */
  | { readonly kind: 'idle'; readonly tag: string; readonly during: Authenticated | Selected }
  /** Nothing more is said before the handshake. */
  | { readonly kind: 'starting-tls' }
  | { readonly kind: 'logout' }

/** The state of a client whose open mailbox is closed. */
export function withoutMailbox({ account, dialect, events }: SignedIn): Authenticated {
  return { kind: 'authenticated', account, dialect, events }
}
