import type { Store } from '../../store/store.ts'
import { pendingFolders, planStructure } from '../plan/plan-structure.ts'
import type { PushContext } from '../push/push-account.ts'
import { pushFolders } from '../push/push-folders.ts'
import type { RemoteFolder, RemoteMail } from '../remote.ts'
import { mapFolders } from './map-folders.ts'
import { type Survey, type SurveyContext, surveyMessages } from './survey.ts'

/** What joining the local mail with an account would do, or has done; in messages. */
export interface MergeCounts {
  /** What is here. */
  readonly local: number
  /** What the account has. */
  readonly account: number
  /** What both have; `elsewhere` of them in another folder of the account, which they go to. */
  readonly known: number
  readonly elsewhere: number
  readonly upload: number
  readonly download: number
  /** What stays here alone: drafts, and what is a header only, whose text no server here has. */
  readonly staysHere: number
  /** What was deleted here and is there as it was: it is deleted there. */
  readonly deleted: number
  readonly newFolders: readonly string[]
}

/** Counts what {@link mergeAccount} would do; neither side is changed. */
export async function countMerge(context: SurveyContext): Promise<MergeCounts> {
  const listed = await context.remote.listFolders()
  const mapped = mapFolders(context.store.read.folders(), listed)
  const survey = await surveyMessages(context, listed, mapped)
  return countsOf(
    survey,
    mapped.filter(({ isNew }) => isNew).map(({ path }) => path),
  )
}

/**
 * Joins what is here with an account that it may never have been synchronized with, before anything else is done with that:
 * what both have becomes one, what only one has is left to be uploaded or downloaded. First folders, each step of which can
 * be repeated; then all messages in one transaction: who is killed has done nothing, or all of it.
 */
export async function mergeAccount(
  context: PushContext & { readonly remote: RemoteMail },
  watch: Pick<SurveyContext, 'signal' | 'onFolder'>,
): Promise<void> {
  const { store, remote, settings } = context
  const known = await remote.listFolders()
  const roles = known.flatMap(({ role }) => role ?? [])
  store.transact(({ merge }) => merge.takeFolders(mapFolders(store.read.folders(), known), roles))
  await pushFolders(context)
  const listed = await remote.listFolders()
  waitForUnlisted(store, listed)
  planStructure(store, listed)
  const isPending = pendingFolders(store)
  const own = new Map(store.read.folders().map(({ id, path }) => [path, id]))
  const mapped = Array.from(own, ([path, id]) => ({ id, path, isNew: false }))
  const compared = listed.filter(folder => own.has(folder.path) && !isPending(folder))
  const survey = await surveyMessages({ store, remote, ...watch }, compared, mapped)
  const folderOf = (path: string) => own.get(path) ?? unknownFolder(path)
  const account = {
    items: survey.pairs.map(({ local, account, isAsBefore }) => ({
      ...survey.factsOf(account),
      ...{ item: local.id, folder: folderOf(account.path), isAsBefore },
    })),
    folders: survey.folders.map(({ path, uidValidity }) => ({ id: folderOf(path), uidValidity })),
  }
  // A PLAN of everything: as long as one of a folder that is read the first time.
  store.transact(({ merge }) => merge.take(account, settings.conflictResolution))
  const { local, ...counts } = countsOf(survey, [])
  context.log.info({ local, ...counts }, 'the local mail was joined with the account')
}

// The account has made them, and lists them under another name or not at all: they are not lost, and are asked for again.
function waitForUnlisted(store: Store, listed: readonly RemoteFolder[]): void {
  const paths = new Set(listed.map(({ path }) => path))
  const isPending = pendingFolders(store)
  const unlisted = store.read.folders().filter(each => each.isSelectable && !paths.has(each.path) && !isPending(each))
  if (unlisted.length === 0) return
  store.transact(({ merge }) => {
    for (const { id } of unlisted) merge.makeFolder(id)
  })
}

/** Whether the local mail waits to be joined with the account. */
export function isMergeDue(store: Store): boolean {
  return store.read.merge.isDue()
}

function unknownFolder(path: string): never {
  throw new Error(`the list of folders has ${JSON.stringify(path)}, the store has not`)
}

function countsOf({ items, folders, pairs }: Survey, newFolders: readonly string[]): MergeCounts {
  const alive = pairs.filter(({ local }) => !local.isGone)
  const paired = new Set(pairs.map(({ local }) => local.id))
  const left = items.filter(({ id, isGone }) => !isGone && !paired.has(id))
  const upload = left.filter(({ isExcluded, part }) => !isExcluded && part === 'full').length
  const account = folders.reduce((sum, { messages }) => sum + messages, 0)
  return {
    local: items.filter(({ isGone }) => !isGone).length,
    account,
    known: alive.length,
    elsewhere: alive.filter(({ local, account, isAsBefore }) => !isAsBefore && local.path !== account.path).length,
    upload,
    download: account - pairs.length,
    staysHere: left.length - upload,
    deleted: pairs.length - alive.length,
    newFolders,
  }
}
