import { flagList } from '../../formats/imap/response-encoder.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { MessageRow } from '../backend.ts'
import { bad, no, ok, type Reply } from '../reply.ts'
import type { Wire } from '../wire.ts'
import { type CommandOf, handler, isByUid, type Request, SELECTED, selectedOf } from './handler.ts'

/** STORE and UID STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3). */
export const store = handler<'store'>(
  SELECTED,
  async function* (request) {
    const { session, command } = request
    const { account, open } = selectedOf(request)
    const { action, flags, unchangedSince } = command
    if (unchangedSince !== undefined) session.enabled.add('CONDSTORE')
    if (open.isReadOnly) return no('the mailbox is open for reading only', 'NOPERM')
    const uids = open.resolve(command.messages, command.isUid)
    if (!uids) return bad('there is no such message')
    const which = { mailbox: open.mailbox.id, uids }
    const limit = unchangedSince === undefined ? undefined : Number(unchangedSince)
    const modified = await account.storeFlags(which, { action, flags, unchangedSince: limit })
    open.isStale = true
    const told = new Set(uids)
    yield await session.news(command.isUid, told)
    yield* tell(request, uids)
    return reply(request, modified)
  },
  isByUid,
)

/** What the messages have now: a silent STORE of a client that follows mod-sequences is told those alone. */
async function* tell(request: Request<CommandOf<'store'>>, uids: Uint32Array): AsyncGenerator<Wire> {
  const { account, open } = selectedOf(request)
  const { isSilent, isUid } = request.command
  const isCondstore = request.session.isCondstore
  if (isSilent && !isCondstore) return
  for await (const page of account.messages({ mailbox: open.mailbox.id, uids })) {
    const lines = page.map(row => {
      const number = open.numbers.numberOf(row.uid)
      const values = [...(isUid || isCondstore ? [`UID ${row.uid}`] : []), ...valuesOf(row, isSilent, isCondstore)]
      return number === undefined ? '' : `* ${number} FETCH (${values.join(' ')})\r\n`
    })
    yield lines.join('')
  }
}

function valuesOf({ flags, modseq }: MessageRow, isSilent: boolean, isCondstore: boolean): string[] {
  return [
    ...(isSilent ? [] : [`FLAGS ${flagList(unpackFlags(flags))}`]),
    ...(isCondstore ? [`MODSEQ (${modseq})`] : []),
  ]
}

function reply(request: Request<CommandOf<'store'>>, modified: readonly number[]): Reply {
  if (modified.length === 0) return ok('stored')
  const { open } = selectedOf(request)
  const names = request.command.isUid ? modified : modified.flatMap(uid => open.numbers.numberOf(uid) ?? [])
  return ok('some have changed meanwhile', `MODIFIED ${UidSet.of(names)}`)
}
