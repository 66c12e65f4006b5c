import type { FetchCommand, FetchItem } from '../../../formats/imap/command/arguments/fetch.ts'
import { resolveSequenceSet } from '../../../formats/imap/command/arguments/sequence-set.ts'
import { bad, ok } from '../../completion.ts'
import { fetchResponses } from '../../fetch/fetch-responses.ts'
import { enableCondstore, modseqNumber } from '../../mailbox/condstore.ts'
import { MailboxGone } from '../../mailbox/mailbox-news.ts'
import { goneUids, vanishedResponses } from '../../mailbox/vanished.ts'
import type { Selected } from '../../session-state.ts'
import type { Wire } from '../../wire.ts'
import type { Answer, Turn } from '../handler.ts'

const MODSEQ: FetchItem = { kind: 'plain', name: 'MODSEQ' }

/** FETCH and UID FETCH (RFC 9051 section 6.4.5, RFC 7162 sections 3.1.4 and 3.2.6). */
export async function* fetch(command: FetchCommand, { state }: Turn<Selected>): Answer {
  const { account, dialect, open } = state
  if (command.isVanished && !dialect.isQresync) return bad('QRESYNC was not enabled')
  const named = open.uidsOf(command.messages, command.isUid)
  const asksModseq = command.items.some(isModseq)
  if (asksModseq || command.changedSince !== undefined) yield* enableCondstore(state)
  const uids = command.changedSince === undefined ? named : yield* changedOf(command, state, named)
  const items = command.changedSince === undefined || asksModseq ? command.items : [...command.items, MODSEQ]
  if (!open.isReadOnly && command.items.some(setsSeen)) open.isStale = true // before some of it may be refused
  yield* fetchResponses(account, {
    ...{ mailbox: open.id, uids, items, numbers: open.numbers, isUid: command.isUid },
    ...{ isCondstore: dialect.isCondstore, isUtf8: dialect.isUtf8, isReadOnly: open.isReadOnly },
  })
  return ok('fetched')
}

/** Those of the messages that have changed; tells first which are gone, if that was asked for. */
async function* changedOf(
  { changedSince = 0n, isVanished, messages }: FetchCommand,
  { account, open }: Selected,
  named: Uint32Array,
): AsyncGenerator<Wire, Uint32Array> {
  const changes = await account.changes(open.id, modseqNumber(changedSince))
  if (!changes) throw new MailboxGone()
  if (isVanished) {
    // Here `*` is the last UID there ever was: clients ask by 1:* for all that is gone.
    const among = messages.kind === 'saved' ? open.saved : resolveSequenceSet(messages, open.uidNext - 1)
    yield* vanishedResponses(goneUids(open, { vanished: changes.vanished, among }), true)
  }
  const changed = new Set(changes.changed.map(({ uid }) => uid))
  return named.filter(uid => changed.has(uid))
}

function isModseq(item: FetchItem): boolean {
  return item.kind === 'plain' && item.name === 'MODSEQ'
}

function setsSeen(item: FetchItem): boolean {
  return (item.kind === 'body' || item.kind === 'binary') && !item.isPeek
}
