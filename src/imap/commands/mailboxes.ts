import { ImapRefusal } from '../backend.ts'
import { ok } from '../reply.ts'
import { accountOf, handler, type Request, SIGNED_IN } from './handler.ts'
import { mailboxId } from './select.ts'

/** CREATE. A delimiter at the end says that it is to hold others, which every mailbox can. */
export const create = handler<'create'>(SIGNED_IN, async request => {
  const { mailbox, specialUse } = request.command
  if (specialUse.length > 0) throw new ImapRefusal('CANNOT', 'a mailbox with a special use cannot be made here')
  const delimiter = await request.session.delimiter()
  const path = mailbox.endsWith(delimiter) ? mailbox.slice(0, -delimiter.length) : mailbox
  const id = await accountOf(request).createMailbox(path)
  return ok('created', `MAILBOXID (${mailboxId({ id })})`)
})

export const deleteMailbox = handler<'delete'>(SIGNED_IN, async request => {
  const { id } = await request.session.find(request.command.mailbox)
  await accountOf(request).deleteMailbox(id)
  return ok('deleted')
})

export const rename = handler<'rename'>(SIGNED_IN, async request => {
  const { id } = await request.session.find(request.command.from)
  await accountOf(request).renameMailbox(id, request.command.to)
  return ok('renamed')
})

export const subscribe = handler<'subscribe'>(SIGNED_IN, request => setSubscribed(request, request.command, true))

export const unsubscribe = handler<'unsubscribe'>(SIGNED_IN, request => setSubscribed(request, request.command, false))

async function setSubscribed(request: Request, { mailbox }: { readonly mailbox: string }, isSubscribed: boolean) {
  const { id } = await request.session.find(mailbox)
  await accountOf(request).subscribe(id, isSubscribed)
  return ok('done')
}
