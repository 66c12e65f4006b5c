import { SERVER_MECHANISMS } from '../sasl/server.ts'

/** The largest message that APPEND takes, in octets; told by APPENDLIMIT (RFC 7889). */
export const APPEND_LIMIT = 536_870_912

const BEFORE_SIGN_IN = ['IMAP4rev2', 'IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE']

const AFTER_SIGN_IN = [
  ...BEFORE_SIGN_IN,
  ...['IDLE', 'NAMESPACE', 'UNSELECT', 'CHILDREN', 'SPECIAL-USE', 'LIST-EXTENDED', 'LIST-STATUS', 'STATUS=SIZE'],
  ...['ESEARCH', 'SEARCHRES', 'SORT', 'THREAD=REFERENCES', 'WITHIN', 'UIDPLUS', 'MOVE', 'CONDSTORE', 'QRESYNC'],
  ...['BINARY', 'MULTIAPPEND', `APPENDLIMIT=${APPEND_LIMIT}`, 'OBJECTID', 'PREVIEW', 'SAVEDATE', 'UTF8=ACCEPT'],
]

/** What a session can do, as CAPABILITY lists it. */
export function capabilities(options: { readonly isSignedIn: boolean; readonly canStartTls: boolean }): string {
  if (options.isSignedIn) return AFTER_SIGN_IN.join(' ')
  const tls = options.canStartTls ? ['STARTTLS'] : []
  return [...BEFORE_SIGN_IN, ...tls, ...SERVER_MECHANISMS.map(name => `AUTH=${name}`)].join(' ')
}
