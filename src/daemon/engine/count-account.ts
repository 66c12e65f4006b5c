import type { Store } from '../../store/store.ts'
import type { CollectionsSource } from '../../sync/engine.ts'
import { countMerge } from '../../sync/merge/merge-account.ts'
import { countJoin } from '../../sync/objects/join/count-join.ts'
import type { ConnectMail } from '../../sync/remote.ts'
import type { AccountCounts } from './engine-protocol.ts'

/** The servers of an account. */
export interface CountedServers {
  /** Undefined where the mail is not ours to synchronize. */
  readonly mail: ConnectMail | undefined
  /** Undefined where there are no calendars and address books. */
  readonly collections: CollectionsSource | undefined
}

/** What they are compared with. */
export interface CountContext {
  readonly store: Store
  readonly signal: AbortSignal
  /** A server took the user name and the password. */
  readonly onSignedIn: (server: { readonly server?: 'collections' }) => void
  /** A folder is being read. */
  readonly onFolder: (path: string) => void
}

/**
 * Counts what joining all that is here with an account would do; nothing is changed, here or there.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function countAccount(servers: CountedServers, context: CountContext): Promise<AccountCounts> {
  const mail = servers.mail ? await countMail(servers.mail, context) : null
  const entries = servers.collections ? await countEntries(servers.collections, context) : null
  return { mail, entries }
}

async function countMail(connect: ConnectMail, context: CountContext): Promise<AccountCounts['mail']> {
  await using remote = await connect(context.signal)
  context.onSignedIn({})
  return await countMerge({ ...context, remote }) // the connection must outlive it
}

async function countEntries(
  { connect, account }: CollectionsSource,
  context: CountContext,
): Promise<AccountCounts['entries']> {
  await using remote = await connect(context.signal)
  const counts = await countJoin({ ...context, remote, account })
  context.onSignedIn({ server: 'collections' })
  return counts
}
