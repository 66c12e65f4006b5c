import { sessionFailures } from '../../session-failures.ts'

/** The failures that end a conversation with the IMAP server at `where` (host:port); for what it refuses see refusals.ts. */
export const failures = sessionFailures({
  protocol: 'IMAP',
  tlsScheme: 'imaps',
  again: 'Postern tries again by itself.',
})
