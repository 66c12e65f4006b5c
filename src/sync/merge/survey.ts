import { hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { MergedFolder, MergedItem } from '../../store/changes/merge.ts'
import { packFlags } from '../../store/flags.ts'
import type { MergeableItem } from '../../store/queries/merge-queries.ts'
import type { Store } from '../../store/store.ts'
import { withCrlf } from '../local/message-file.ts'
import { isDenied } from '../refusal.ts'
import type { RemoteFolder, RemoteMail, RemoteMetadata, SelectedFolder } from '../remote.ts'
import {
  type AccountMessage,
  type LocalMessage,
  type MessageIdentity,
  type MessagePair,
  matchMessages,
} from './match-messages.ts'
import { wireSize } from './wire-form.ts'

// With the same Message-ID, the same size and the same first octets (all of most messages; of the others the header, which
// has a sum of the body wherever it is signed) it is the same message.
const HEAD_OCTETS = 8192
const BLANK_LINE = Buffer.from('\r\n\r\n')
const TURN_ROWS = 500

/** What is compared. */
export interface SurveyContext {
  readonly store: Store
  readonly remote: RemoteMail
  readonly signal: AbortSignal
  /** A folder is being read. */
  readonly onFolder: (path: string) => void
}

/** A folder of the account that was read. */
export interface SurveyedFolder {
  readonly path: string
  readonly uidValidity: number
  readonly messages: number
}

/** What is here and in the account. */
export interface Survey {
  readonly items: readonly MergeableItem[]
  readonly folders: readonly SurveyedFolder[]
  readonly pairs: readonly MessagePair[]
  readonly factsOf: (message: AccountMessage) => AccountFacts
}

/** What is taken over of a message of the account. */
export type AccountFacts = Pick<MergedItem, 'uid' | 'flags' | 'internalDateMs' | 'emailId'>

/**
 * Compares all that is here with all that is in an account; neither is changed. Of each message of the account its number,
 * size and Message-ID are read, and the beginning of those that look like one that is here.
 */
export async function surveyMessages(
  context: SurveyContext,
  listed: readonly RemoteFolder[],
  mapped: readonly MergedFolder[],
): Promise<Survey> {
  const { store } = context
  const items = store.read.merge.items()
  const paths = new Map(mapped.map(({ id, path }) => [id, path]))
  const forms = new Map<number, readonly MessageForm[]>()
  for (const [index, item] of items.entries()) {
    if (index % TURN_ROWS === 0) await nextTurn()
    forms.set(item.id, item.isExcluded ? [] : formsOf(store, item))
  }
  const wanted = new Set([...forms.values()].flat().map(looksOf))
  const found: FoundMessage[] = []
  const folders: SurveyedFolder[] = []
  for (const folder of listed.filter(isCompared)) {
    const read = await readFolder(context, folder, wanted)
    if (!read) continue
    folders.push(read.folder)
    for (const each of read.found) found.push(each) // more than a call takes arguments
  }
  const present = new Set(found.map(({ looks }) => looks))
  const local: LocalMessage[] = []
  for (const [index, item] of items.entries()) {
    if (index % TURN_ROWS === 0) await nextTurn()
    const likely = (forms.get(item.id) ?? []).filter(form => present.has(looksOf(form)))
    local.push(localMessage(store, item, paths, likely))
  }
  const facts = new Map(found.map(each => [each.message, each.facts]))
  const pairs = matchMessages(
    local,
    found.map(({ message }) => message),
  )
  return { items, folders, pairs, factsOf: message => facts.get(message) ?? unknownMessage() }
}

function unknownMessage(): never {
  throw new Error('a pair with a message that was not found')
}

interface FoundMessage {
  readonly looks: string
  readonly message: AccountMessage
  readonly facts: AccountFacts
}

// Drafts stay on each side, as ever; what nobody may look into is not compared.
function isCompared({ selectable, role, rights }: RemoteFolder): boolean {
  return selectable && role !== 'drafts' && (rights === undefined || rights.includes('r'))
}

async function readFolder(
  { remote, signal, onFolder }: SurveyContext,
  { path, role }: RemoteFolder,
  wanted: ReadonlySet<string>,
): Promise<{ readonly folder: SurveyedFolder; readonly found: readonly FoundMessage[] } | undefined> {
  signal.throwIfAborted()
  onFolder(path)
  const selected = await remote.examine(path).catch(ignoreDenied)
  if (!selected) return undefined
  const all = await selected.searchUids()
  const alike = wanted.size === 0 ? [] : await findAlike(selected, all, wanted)
  const { uidValidity } = selected
  const isView = role === 'all' || role === 'flagged'
  const found: FoundMessage[] = []
  const byUid = new Map(alike.map(message => [message.uid, message]))
  for await (const { uid, head } of selected.fetchHeads(UidSet.of(byUid.keys()), HEAD_OCTETS)) {
    const message = byUid.get(uid)
    if (!message) continue
    const keys = { full: keyOf(message, head), header: keyOf(message, headerOf(head)) }
    const { internalDateMs, emailId } = message
    const facts = { uid, flags: packFlags(message.flags), internalDateMs, emailId }
    found.push({ looks: looksOf(message), message: { path, uidValidity, uid, keys, isView }, facts })
  }
  return { folder: { path, uidValidity, messages: all.size }, found }
}

async function findAlike(selected: SelectedFolder, all: UidSet, wanted: ReadonlySet<string>) {
  const alike: RemoteMetadata[] = []
  if (all.size === 0) return alike
  for await (const message of selected.fetchMetadata(all, { messageId: true, header: false })) {
    if (wanted.has(looksOf(message))) alike.push(message)
  }
  return alike
}

function localMessage(
  store: Store,
  item: MergeableItem,
  paths: ReadonlyMap<number, string>,
  likely: readonly MessageForm[],
): LocalMessage {
  const { id, isGone, was } = item
  const wasPath = was && paths.get(was.folder)
  return {
    id,
    isGone,
    path: paths.get(item.folder) ?? '',
    was: was && wasPath !== undefined ? { ...was, path: wasPath } : undefined,
    identities: likely.length === 0 ? [] : identitiesOf(store, item, likely),
  }
}

// What cannot be read proves nothing: it is downloaded beside what is here of it.
function identitiesOf(
  store: Store,
  { part, location }: MergeableItem,
  likely: readonly MessageForm[],
): readonly MessageIdentity[] {
  try {
    const head = store.read.head(location, HEAD_OCTETS)
    return likely.map(form => {
      const octets = form.isWire ? withCrlf(head, 0).subarray(0, HEAD_OCTETS) : head
      return { part, key: keyOf(form, part === 'header' ? headerOf(octets) : octets) }
    })
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return []
  }
}

/** A form that a server may have a message in: as it is here, or with the line ends of the wire. */
interface MessageForm extends Pick<MergeableItem, 'size' | 'messageId'> {
  readonly isWire: boolean
}

function formsOf(store: Store, item: MergeableItem): readonly MessageForm[] {
  const { size, messageId } = item
  const wire = wireSize(store, item, HEAD_OCTETS)
  return [{ size, messageId, isWire: false }, ...(wire === undefined ? [] : [{ size: wire, messageId, isWire: true }])]
}

function looksOf({ size, messageId }: { readonly size: number; readonly messageId: string | undefined }): string {
  return `${size} ${messageId ?? ''}`
}

function keyOf(message: Parameters<typeof looksOf>[0], octets: Buffer): string {
  return `${looksOf(message)} ${hash('sha256', octets, 'base64')}`
}

function headerOf(head: Buffer): Buffer {
  const end = head.indexOf(BLANK_LINE)
  return end === -1 ? head : head.subarray(0, end + BLANK_LINE.length)
}

function ignoreDenied(error: unknown): undefined {
  if (error instanceof PosternError && isDenied(error)) return undefined
  throw error
}
