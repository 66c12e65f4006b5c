import { no, ok, type Reply } from '../reply.ts'
import { handler, type Request, SELECTED, selectedOf } from './handler.ts'

/** EXPUNGE and UID EXPUNGE. */
export const expunge = handler<'expunge'>(SELECTED, async request => {
  const { account, open } = selectedOf(request)
  if (open.isReadOnly) return no('the mailbox is open for reading only', 'NOPERM')
  const { uids: set } = request.command
  const uids = set ? open.resolve(set, true) : open.numbers.uids
  await account.expunge({ mailbox: open.mailbox.id, uids: uids ?? new Uint32Array() })
  return changed(request, 'expunged')
})

/** CLOSE: expunges without telling of it. */
export const close = handler<'close'>(SELECTED, async request => {
  const { account, open } = selectedOf(request)
  if (!open.isReadOnly) await account.expunge({ mailbox: open.mailbox.id, uids: open.numbers.uids })
  request.session.leave()
  return ok('closed')
})

function changed(request: Request, text: string): Reply {
  const { open } = selectedOf(request)
  open.isStale = true
  return ok(text)
}
