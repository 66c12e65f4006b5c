import type { JoinedKind, JoinedObject } from '../../../store/changes/join-objects.ts'
import type { FolderRow } from '../../../store/rows.ts'
import type { Store } from '../../../store/store.ts'
import { type ObjectPair, saysTheSame } from './match-objects.ts'
import { type CollectionSurveyContext, surveyCollection } from './survey-collection.ts'

/** What the joining of a collection works with. */
export interface JoinContext extends CollectionSurveyContext {
  readonly store: Store
  /** Which account's it is now. */
  readonly account: string
}

/**
 * Joins what is here of a collection with what the account has in it: what both have becomes one, what only one has is left to
 * be told or read. One transaction: who is killed has done nothing, or all of it.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function joinCollection(context: JoinContext, { id: folder }: FolderRow): Promise<void> {
  const { store, account } = context
  const survey = await surveyCollection(context, folder)
  const isSameAccount = store.read.join.knownOf(folder) === account
  const paired = new Set(survey.pairs.map(each => each.account))
  const objects = survey.pairs.map(pair => joinedObject(pair, isSameAccount))
  const others = survey.account.filter(each => !paired.has(each))
  store.transact(({ joins }) => joins.take({ folder, account, token: survey.token, objects, others }))
}

function joinedObject(pair: ObjectPair, isSameAccount: boolean): JoinedObject {
  const { local, account } = pair
  const { href, etag } = account
  return { kind: joinedKind(pair, isSameAccount), object: local.id, revision: local.revision, href, etag }
}

/**
 * Says what has become of a pair. What an account was known to have is true of that account alone: of another one, two
 * versions that differ have no common one, and nobody can say which of them is newer. Pure.
 */
export function joinedKind({ local, account }: ObjectPair, isSameAccount: boolean): JoinedKind {
  const isSame = saysTheSame(local, account)
  const isKnown = local.href === account.href && local.etag === account.etag
  if (isKnown && (isSameAccount || (isSame && !local.isDirty))) return 'before'
  if (local.isGone) return 'back'
  // Under another UID it is the account's version that counts: no server lets a UID be changed.
  if (isSame) return local.uid === account.uid ? 'same' : 'newer'
  if (local.sentSha256 !== undefined && local.sentSha256 === account.sha256) return 'ours'
  return isSameAccount && !local.isDirty ? 'newer' : 'differs'
}
