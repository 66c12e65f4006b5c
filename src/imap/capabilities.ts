import { SERVER_MECHANISMS } from '../sasl/server.ts'

/** What the capabilities of a session depend on. */
export interface CapabilityFacts {
  readonly isSignedIn: boolean
  readonly canStartTls: boolean
  readonly appendLimitOctets: number
}

const ALWAYS = ['IMAP4rev2', 'IMAP4rev1', 'LITERAL+', 'ID', 'ENABLE']

// Told after the sign-in only: a stranger needs none of them. An account without a quota has QUOTA as well, and no root.
const SIGNED_IN = [
  'IDLE',
  'NOTIFY',
  'NAMESPACE',
  'UNSELECT',
  'CHILDREN',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'STATUS=SIZE',
  'ESEARCH',
  'SEARCHRES',
  'SORT',
  'ESORT',
  'THREAD=REFERENCES',
  'UIDPLUS',
  'MOVE',
  'CONDSTORE',
  'QRESYNC',
  'BINARY',
  'MULTIAPPEND',
  'OBJECTID',
  'PREVIEW',
  'SAVEDATE',
  'QUOTA',
  'QUOTA=RES-STORAGE',
  'WITHIN',
  'UTF8=ACCEPT',
]

/** Lists the capabilities of a session, as CAPABILITY and its response code have them. */
export function capabilityText({ isSignedIn, canStartTls, appendLimitOctets }: CapabilityFacts): string {
  const ofState = isSignedIn
    ? [...SIGNED_IN, `APPENDLIMIT=${appendLimitOctets}`]
    : ['SASL-IR', ...SERVER_MECHANISMS.map(name => `AUTH=${name}`), ...(canStartTls ? ['STARTTLS'] : [])]
  return [...ALWAYS, ...ofState].join(' ')
}
