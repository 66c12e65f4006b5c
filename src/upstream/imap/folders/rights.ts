import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import { type ImapValue, textOf } from '../../../formats/imap/value.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { mailboxOf } from './mailbox-value.ts'

const MAX_ASKED = 2000 // of an account with more folders than that the rights stay unknown: each costs a command

/** What the server lets us do in each folder, by its path (RFC 4314 section 2.1). */
export type FolderRights = ReadonlyMap<string, string>

/** Collects MYRIGHTS answers, whether they were asked for one by one or come with LIST. */
export class RightsAnswers {
  readonly byPath = new Map<string, string>()

  readonly data = {
    MYRIGHTS: ({ values }: DataResponse) => {
      const path = mailboxOf(values[0])
      const rights = rightsOf(values[1])
      if (path !== undefined && rights !== undefined) this.byPath.set(path, rights)
    },
  }
}

/** Tells whether LIST can answer the rights by itself (RFC 8440). */
export function listsRights(capabilities: ReadonlySet<string>): boolean {
  return capabilities.has('LIST-MYRIGHTS')
}

/**
 * Asks for the rights to each of the folders, all commands at once. A folder that refuses has no answer: its rights are
 * then unknown, as they are on a server without ACL.
 */
export async function askRights(
  connection: ImapConnection,
  paths: readonly string[],
  { data }: RightsAnswers,
): Promise<void> {
  if (!connection.capabilities.has('ACL') || paths.length > MAX_ASKED) return
  await Promise.all(
    paths.map(path =>
      connection.command(['MYRIGHTS ', mailboxArgument(path)], { data }).catch(error => {
        if (connection.hasFailed) throw error
      }),
    ),
  )
}

// Letters in the alphabet's order: servers give them in orders of their own, and a change of order is none of rights.
function rightsOf(value: ImapValue | undefined): string | undefined {
  const text = textOf(value)
  return text !== undefined && /^[a-z0-9]{0,64}$/i.test(text) ? [...new Set(text)].sort().join('') : undefined
}
