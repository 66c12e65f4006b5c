import type { UidSet } from '../formats/imap/uid-set.ts'
import { equalFlags, type MessageFlags, packFlags } from '../store/flags.ts'
import type { KnownMessage } from '../store/rows.ts'
import type { RemoteFlags } from './remote.ts'

/** What the server says has become of a folder: all of it, or the difference. */
export type RemoteDelta =
  | { readonly kind: 'full'; readonly messages: readonly RemoteFlags[] }
  | { readonly kind: 'changes'; readonly changed: readonly RemoteFlags[]; readonly vanished: UidSet }

/** What PLAN will do to the rows of one folder. */
export interface FolderPlan {
  /** Messages that the store does not know. */
  readonly newUids: readonly number[]
  readonly flagChanges: readonly { readonly uid: number; readonly flags: MessageFlags }[]
  /** Known messages that the server no longer has. */
  readonly vanished: readonly number[]
}

/** Decides what a delta means for what is known. Pure: the same input gives the same plan, and a repeated plan is empty. */
export function planFolder(known: ReadonlyMap<number, KnownMessage>, delta: RemoteDelta): FolderPlan {
  const messages = delta.kind === 'full' ? delta.messages : delta.changed
  const newUids: number[] = []
  const flagChanges: { uid: number; flags: MessageFlags }[] = []
  // An unknown UID in VANISHED means nothing (RFC 7162 section 3.2.10).
  const vanished = new Set(
    delta.kind === 'full' ? known.keys() : [...known.keys()].filter(uid => delta.vanished.has(uid)),
  )
  const seen = new Set<number>()
  for (const { uid, flags } of messages) {
    if (delta.kind === 'full') vanished.delete(uid)
    const here = known.get(uid)
    if (!here && !seen.has(uid)) newUids.push(uid)
    seen.add(uid)
    if (!here || here.where === 'ignored') continue
    const packed = packFlags(flags)
    if (!equalFlags(here.flags, packed)) flagChanges.push({ uid, flags: packed })
  }
  return { newUids, flagChanges, vanished: [...vanished] }
}
