import type { Authenticated, NotAuthenticated, Selected } from '../session-state.ts'
import type { Handlers } from './handler.ts'
import { close, unselect } from './mailboxes/close.ts'
import { create } from './mailboxes/create.ts'
import { deleteMailbox } from './mailboxes/delete.ts'
import { list } from './mailboxes/list.ts'
import { lsub } from './mailboxes/lsub.ts'
import { namespace } from './mailboxes/namespace.ts'
import { getQuota, getQuotaRoot } from './mailboxes/quota.ts'
import { rename } from './mailboxes/rename.ts'
import { select } from './mailboxes/select.ts'
import { status } from './mailboxes/status.ts'
import { subscribe, unsubscribe } from './mailboxes/subscribe.ts'
import { copy, move } from './messages/copy.ts'
import { expunge } from './messages/expunge.ts'
import { fetch } from './messages/fetch.ts'
import { search, sort } from './messages/search.ts'
import { store } from './messages/store.ts'
import { thread } from './messages/thread.ts'
import { capability, id, logout, noop } from './session/any-state.ts'
import { authenticate } from './session/authenticate.ts'
import { enable } from './session/enable.ts'
import { idle } from './session/idle.ts'
import { login } from './session/login.ts'
import { notifyNone, notifySet } from './session/notify.ts'
import { starttls } from './session/starttls.ts'

// The commands that are legal in a state are the keys of its table (RFC 9051 section 6). APPEND comes in pieces and is not
// in here: it is legal where LIST is.

const ANY = { capability, id, logout, noop }

/** Before the sign-in. */
export const NOT_AUTHENTICATED: Handlers<NotAuthenticated> = { ...ANY, authenticate, login, starttls }

const SIGNED_IN: Handlers<Authenticated | Selected> = {
  ...ANY,
  enable,
  idle,
  'notify-none': notifyNone,
  'notify-set': notifySet,
  namespace,
  list,
  lsub,
  status,
  select,
  create,
  delete: deleteMailbox,
  rename,
  subscribe,
  unsubscribe,
  getquota: getQuota,
  getquotaroot: getQuotaRoot,
}

/** After the sign-in, without an open mailbox. */
export const AUTHENTICATED: Handlers<Authenticated> = SIGNED_IN

/** With an open mailbox. */
export const SELECTED: Handlers<Selected> = {
  ...SIGNED_IN,
  check: noop,
  close,
  unselect,
  expunge,
  fetch,
  store,
  copy,
  move,
  search,
  sort,
  thread,
}
