import { UidSet } from '../../formats/imap/uid-set.ts'
import type { ImapAccount } from '../backend.ts'
import { fetchResponses } from '../fetch/fetch-responses.ts'
import type { OpenMailbox } from '../open-mailbox.ts'
import { bad, ok } from '../reply.ts'
import type { Wire } from '../wire.ts'
import { type CommandOf, handler, isByUid, type Request, SELECTED, selectedOf } from './handler.ts'

/** FETCH and UID FETCH, with CHANGEDSINCE and VANISHED of RFC 7162. */
export const fetch = handler<'fetch'>(
  SELECTED,
  async function* (request) {
    const { session, command } = request
    const { account, open } = selectedOf(request)
    const wantsModseq = command.items.some(item => item.kind === 'plain' && item.name === 'MODSEQ')
    if (command.isVanished && !session.enabled.has('QRESYNC')) return bad('QRESYNC is not enabled')
    if (wantsModseq || command.changedSince !== undefined) session.enabled.add('CONDSTORE')
    const all = open.resolve(command.messages, command.isUid)
    if (!all) return bad('there is no such message')
    const uids = command.changedSince === undefined ? all : yield* changedSince(request, account, open, all)
    const { isUid, items } = command
    yield* fetchResponses(account, {
      ...{ mailbox: open.mailbox.id, uids, items, isUid, numbers: open.numbers, isReadOnly: open.isReadOnly },
      isCondstore: session.isCondstore,
      isUtf8: session.isUtf8,
    })
    return ok('done')
  },
  isByUid,
)

async function* changedSince(
  { command }: Request<CommandOf<'fetch'>>,
  account: ImapAccount,
  open: OpenMailbox,
  all: Uint32Array,
): AsyncGenerator<Wire, Uint32Array> {
  const changes = await account.changes(open.mailbox.id, Number(command.changedSince ?? 0n))
  if (command.isVanished && command.messages.kind === 'numbers') {
    const { numbers, fromOrLast } = command.messages
    const isAsked = (uid: number) => numbers.has(uid) || (fromOrLast !== undefined && uid >= fromOrLast)
    const vanished = (changes?.vanished ?? []).filter(isAsked)
    if (vanished.length > 0) yield `* VANISHED (EARLIER) ${UidSet.of(vanished)}\r\n`
  }
  const changed = new Set(changes?.changed.map(({ uid }) => uid))
  return all.filter(uid => changed.has(uid))
}
