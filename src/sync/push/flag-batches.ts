import { UidSet } from '../../formats/imap/uid-set.ts'
import { type FlagChange, flagChange, type MessageFlags, unpackFlags } from '../../store/flags.ts'
import type { PendingFlags } from '../../store/queries/pending-changes.ts'
import type { Store } from '../../store/store.ts'
import { inBlocks } from '../in-blocks.ts'
import type { WritableFolder } from '../remote.ts'
import type { ChangeBatch } from './halving.ts'

/** Groups changes of flags: a STORE for each change, whatever the number of messages. */
export async function flagBatches(
  store: Store,
  selected: WritableFolder,
  changed: readonly PendingFlags[],
): Promise<readonly ChangeBatch[]> {
  const groups = groupByChange(changed, selected.permanentFlags)
  // What the server would forget is told to nobody.
  const silent = groups.filter(({ change }) => isNothing(change))
  for (const { change, messages } of silent) await noteStored(store, messages, change)
  return groups.filter(({ change }) => !isNothing(change)).map(group => batchOf(store, selected, group))
}

function batchOf(store: Store, selected: WritableFolder, { change, messages }: FlagGroup): ChangeBatch {
  const byUid = new Map(messages.map(message => [message.uid, message]))
  const words = { add: unpackFlags(change.add), remove: unpackFlags(change.remove) }
  return {
    uids: [...byUid.keys()],
    send: async uids => {
      await selected.storeFlags(UidSet.of(uids), words)
      const stored = uids.flatMap(uid => byUid.get(uid) ?? [])
      await noteStored(store, stored, change)
    },
  }
}

function noteStored(store: Store, messages: readonly PendingFlags[], change: FlagChange): Promise<void> {
  return inBlocks(store, messages, ({ push }, sent) => push.flagsStored(sent, change))
}

interface FlagGroup {
  readonly change: FlagChange
  readonly messages: PendingFlags[]
}

function groupByChange(changed: readonly PendingFlags[], permanent: readonly string[]): FlagGroup[] {
  const groups = new Map<string, FlagGroup>()
  for (const message of changed) {
    const { add, remove } = flagChange(message.server, message.local)
    const change = { add: keepable(add, permanent), remove: keepable(remove, permanent) }
    const key = JSON.stringify(change)
    if (isNothing(change) && message.isSettled) continue
    const group = groups.get(key) ?? { change, messages: [] }
    group.messages.push(message)
    groups.set(key, group)
  }
  return [...groups.values()]
}

// A flag that the server would forget stays here alone (RFC 9051 section 7.1, PERMANENTFLAGS).
function keepable({ bits, keywords }: MessageFlags, permanent: readonly string[]): MessageFlags {
  if (permanent.length === 0) return { bits, keywords }
  const kept = new Set(permanent.map(flag => flag.toLowerCase()))
  const isKept = (flag: string) => kept.has(flag.toLowerCase()) || (!flag.startsWith('\\') && kept.has('\\*'))
  const words = keywords === '' ? [] : keywords.split(' ')
  const systemBits = BITS_BY_FLAG.reduce((sum, [flag, bit]) => sum | (isKept(flag) ? bit & bits : 0), 0)
  return { bits: systemBits, keywords: words.filter(isKept).join(' ') }
}

const BITS_BY_FLAG: readonly (readonly [string, number])[] = [1, 2, 4, 8, 16].map(bit => [
  unpackFlags({ bits: bit, keywords: '' })[0] ?? '',
  bit,
])

function isNothing({ add, remove }: FlagChange): boolean {
  return (add.bits | remove.bits) === 0 && add.keywords === '' && remove.keywords === ''
}
