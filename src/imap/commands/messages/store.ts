import type { StoreCommand } from '../../../formats/imap/command/arguments/store.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import { changeFlags, type MessageFlags, packFlags } from '../../../store/flags.ts'
import type { MessagesOf } from '../../backend.ts'
import { ok } from '../../completion.ts'
import { enableCondstore, modseqNumber } from '../../mailbox/condstore.ts'
import { flagsResponse } from '../../mailbox/flags-response.ts'
import { tellNews } from '../../mailbox/mailbox-news.ts'
import { readOnlyRefusal } from '../../mailbox/read-only.ts'
import type { Selected } from '../../session-state.ts'
import type { Wire } from '../../wire.ts'
import type { Answer, Turn } from '../handler.ts'

const FLAG_FACTS = ['flags', 'modseq'] as const
const NO_FLAGS: MessageFlags = { bits: 0, keywords: '' }

/**
 * STORE and UID STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3). What it has changed is told as all news are, so that
 * changes by others come in their order.
 */
export async function* store(command: StoreCommand, { state }: Turn<Selected>): Answer {
  const { account, open } = state
  const { isUid, isSilent, action, flags } = command
  if (open.isReadOnly) return readOnlyRefusal(open)
  const which = { mailbox: open.id, uids: open.uidsOf(command.messages, isUid) }
  if (command.unchangedSince !== undefined) yield* enableCondstore(state)
  const before = open.isStale ? yield* tellNews(state, { canExpunge: false, isUid }) : []
  const expected = isSilent ? await expectedFlags(command, state, which) : undefined
  // A client that shows its own change already has just been told flags without it.
  for (const { uid } of before) expected?.delete(uid)
  const unchangedSince = command.unchangedSince === undefined ? undefined : modseqNumber(command.unchangedSince)
  const modified = await account.storeFlags(which, { action, flags, unchangedSince })
  const aim = expected ? { expected } : { answer: new Set(which.uids) }
  const news = yield* tellNews(state, { canExpunge: isUid, isUid, ...aim })
  const told = new Set([...modified, ...news.map(({ uid }) => uid)])
  if (!isSilent) yield* tellUnchanged(state, { ...which, uids: which.uids.filter(uid => !told.has(uid)) }, isUid)
  const names = open.named(modified, isUid)
  if (names.length === 0) return ok('stored')
  return ok('some had changed meanwhile', `MODIFIED ${UidSet.of(names)}`)
}

/** The flags that messages will have, if nobody else changes them, and if the client knows those that they have. */
async function expectedFlags(
  { action, flags }: StoreCommand,
  { account, open }: Selected,
  which: MessagesOf,
): Promise<Map<number, MessageFlags>> {
  const expected = new Map<number, MessageFlags>()
  const packed = packFlags(flags)
  if (action === 'replace') return new Map(Array.from(which.uids, uid => [uid, packed]))
  const change = action === 'add' ? { add: packed, remove: NO_FLAGS } : { add: NO_FLAGS, remove: packed }
  const changed = new Map<string, MessageFlags>() // of the few combinations that there are
  for await (const page of account.messages({ ...which, facts: FLAG_FACTS })) {
    for (const { uid, flags, modseq } of page) {
      if (modseq > open.toldModseq) continue
      const key = `${flags.bits} ${flags.keywords}`
      const made = changed.get(key) ?? changeFlags(flags, change)
      changed.set(key, made)
      expected.set(uid, made)
    }
  }
  return expected
}

/** Flags that are as they were are news to nobody else, but they are what STORE answers. */
async function* tellUnchanged({ account, dialect, open }: Selected, which: MessagesOf, isUid: boolean) {
  for await (const page of account.messages({ ...which, facts: FLAG_FACTS })) {
    for (const { uid, flags, modseq } of page) {
      const number = open.numbers.numberOf(uid)
      if (number === undefined) continue
      const response: Wire = flagsResponse(number, {
        uid: isUid || dialect.isCondstore ? uid : undefined,
        flags,
        modseq: dialect.isCondstore ? modseq : undefined,
      })
      yield response
    }
  }
}
