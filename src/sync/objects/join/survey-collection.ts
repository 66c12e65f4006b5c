import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../../store/store.ts'
import { MAX_FAILED, mayBeOfObjects } from '../fetch-objects.ts'
import type { RemoteCollection, RemoteMember, RemoteObject } from '../remote-collection.ts'
import { LocalObjects } from './local-objects.ts'
import { type AccountObject, type LocalObject, matchObjects, type ObjectPair } from './match-objects.ts'

const READ_BATCH = 50
const TURN_ROWS = 200

/** What is compared. */
export interface CollectionSurveyContext {
  readonly store: Pick<Store, 'read'>
  readonly remote: RemoteCollection
  readonly signal?: AbortSignal | undefined
}

/** What is here and in the account, of one collection. */
export interface CollectionSurvey {
  /** Where the next delta begins. */
  readonly token: string | undefined
  readonly local: readonly LocalObject[]
  readonly account: readonly AccountObject[]
  readonly pairs: readonly ObjectPair[]
}

/**
 * Compares all that is here of a collection with all that the account has in it; neither is changed. Everything is read, one
 * batch in memory; what cannot be read is known by its name alone.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function surveyCollection(context: CollectionSurveyContext, folder: number): Promise<CollectionSurvey> {
  const { store, remote } = context
  const here = new LocalObjects(id => store.read.join.octets(id))
  let count = 0
  for (const object of store.read.join.objects(folder)) {
    here.add(object)
    if (++count % TURN_ROWS === 0) await nextTurn()
  }
  const { token, members } = await remote.changes(undefined)
  const account: AccountObject[] = []
  for await (const { member, object } of readAll(context, members, token)) {
    account.push(object ? here.compare(object) : unread(member))
  }
  const local = here.all()
  return { token, local, account, pairs: matchObjects(local, account) }
}

interface ReadMember {
  readonly member: RemoteMember
  /** Undefined when it could not be read. */
  readonly object: RemoteObject | undefined
}

/** Reads members; those that are not there any more are left out. */
async function* readAll(
  { remote, signal }: CollectionSurveyContext,
  members: readonly RemoteMember[],
  token: string | undefined,
): AsyncGenerator<ReadMember> {
  for (let at = 0; at < members.length; at += READ_BATCH) {
    signal?.throwIfAborted()
    yield* readBatch(remote, members.slice(at, at + READ_BATCH), () => remote.changes(token))
    await nextTurn()
  }
}

/**
 * Where a batch fails, each of it is asked for alone, so that one that can never be read keeps no other. It is its own fault only
 * while the server answers other questions: of a server that is away nothing is unreadable.
 */
async function* readBatch(
  remote: RemoteCollection,
  batch: readonly RemoteMember[],
  probe: () => Promise<unknown>,
): AsyncGenerator<ReadMember> {
  const left = new Map(batch.map(member => [member.href, member]))
  try {
    yield* readSome(remote, left)
    return
  } catch (error) {
    if (!mayBeOfObjects(error)) throw error
  }
  let failed = 0
  for (const member of [...left.values()]) {
    try {
      yield* readSome(remote, new Map([[member.href, member]]))
      failed = 0
    } catch (error) {
      if (!mayBeOfObjects(error) || ++failed === MAX_FAILED) throw error
      await probe()
      yield { member, object: undefined }
    }
  }
}

async function* readSome(remote: RemoteCollection, wanted: Map<string, RemoteMember>): AsyncGenerator<ReadMember> {
  for await (const object of remote.read([...wanted.keys()])) {
    const member = wanted.get(object.href)
    wanted.delete(object.href)
    if (member) yield { member, object }
  }
}

function unread({ href, etag }: RemoteMember): AccountObject {
  return { href, etag, uid: undefined, sha256: '', content: undefined }
}
