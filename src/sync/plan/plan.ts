import type { UidSet } from '../../formats/imap/uid-set.ts'
import { equalFlags, type MessageFlags, packFlags } from '../../store/flags.ts'
import type { KnownMessage } from '../../store/rows.ts'
import type { RemoteFlags } from '../remote.ts'

/** What the server says has become of a folder: all of it, or the difference. */
export type RemoteDelta =
  /** `alsoThere` names messages that exist although the list of all messages left them out. */
  | { readonly kind: 'full'; readonly messages: readonly RemoteFlags[]; readonly alsoThere?: UidSet }
  | { readonly kind: 'changes'; readonly changed: readonly RemoteFlags[]; readonly vanished: UidSet }

/** What PLAN will do to the rows of one folder. */
export interface FolderPlan {
  /** Messages that the store does not know. */
  readonly newUids: readonly number[]
  readonly flagChanges: readonly { readonly uid: number; readonly flags: MessageFlags }[]
  /** Known messages that the server no longer has. */
  readonly vanished: readonly number[]
}

/** What is known of the UIDs of a folder. */
export interface KnownUids {
  keys(): Iterable<number>
  get(uid: number): KnownMessage | undefined
}

/** Decides what a delta means for what is known. Pure: the same input gives the same plan, and a repeated plan is empty. */
export function planFolder(known: KnownUids, delta: RemoteDelta): FolderPlan {
  const messages = delta.kind === 'full' ? delta.messages : delta.changed
  const newUids = new Set<number>()
  const flagChanges: { uid: number; flags: MessageFlags }[] = []
  const pack = packing()
  for (const { uid, flags } of messages) {
    const here = known.get(uid)
    if (!here) newUids.add(uid)
    if (!here || here.where === 'expunge') continue
    const packed = pack(flags)
    if (!equalFlags(here.flags, packed)) flagChanges.push({ uid, flags: packed })
  }
  // An unknown UID in VANISHED means nothing (RFC 7162 section 3.2.10).
  const isMissing = missingFrom(messages)
  const isGone = (uid: number) =>
    delta.kind === 'full' ? isMissing(uid) && !delta.alsoThere?.has(uid) : delta.vanished.has(uid)
  return { newUids: [...newUids], flagChanges, vanished: Array.from(known.keys()).filter(isGone) }
}

/** Tells which UIDs a list lacks; quickest when it is asked in the list's own order. */
function missingFrom(messages: readonly RemoteFlags[]): (uid: number) => boolean {
  const isSorted = messages.every(({ uid }, index) => uid >= (messages[index - 1]?.uid ?? 0))
  const listed = isSorted ? messages : messages.toSorted((left, right) => left.uid - right.uid)
  let next = 0
  let last = 0
  return uid => {
    if (uid < last) next = 0
    last = uid
    while ((listed[next]?.uid ?? uid) < uid) next++
    return listed[next]?.uid !== uid
  }
}

/** Packs flags; messages with the same list of them are packed once. */
function packing(): (flags: readonly string[]) => MessageFlags {
  const packed = new Map<readonly string[], MessageFlags>()
  return flags => {
    const known = packed.get(flags)
    if (known) return known
    const fresh = packFlags(flags)
    packed.set(flags, fresh)
    return fresh
  }
}
