import { ok } from '../reply.ts'
import { handler, SELECTED } from './handler.ts'

/** UNSELECT (RFC 9051 section 6.4.2): closes without expunging. */
export const unselect = handler<'unselect'>(SELECTED, async ({ session }) => {
  session.leave()
  return ok('closed')
})
