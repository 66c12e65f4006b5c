import type { EnableCommand } from '../../../formats/imap/command/arguments/session-commands.ts'
import { ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

const WITH_CONDSTORE = ['CONDSTORE', 'QRESYNC']

/** ENABLE (RFC 9051 section 6.3.1). What is not known is passed over in silence. */
export async function* enable({ capabilities }: EnableCommand, { state }: Turn<Authenticated | Selected>): Answer {
  if (capabilities.some(name => WITH_CONDSTORE.includes(name))) yield* enableCondstore(state)
  const enabled = new Set(capabilities.filter(name => state.dialect.enable(name)))
  yield `* ENABLED${[...enabled].map(name => ` ${name === 'IMAP4REV2' ? 'IMAP4rev2' : name}`).join('')}\r\n`
  return ok('enabled')
}
