import type { PosternError } from '../../../errors.ts'
import { type XmlElement, XmlError, XmlReader } from '../xml/xml-reader.ts'
import { brief, type DavRefusal, failures } from './failures.ts'

// Preconditions in words (RFC 4791 section 5.3.2.1, RFC 6352 section 6.3.2.1, RFC 3744, 4331, 6578, 6638).
const WORDS: Readonly<Record<string, string>> = {
  'need-privileges': 'you may not do this here',
  'quota-not-exceeded': 'your quota is used up',
  'sufficient-disk-space': 'it has no room left',
  'valid-calendar-data': 'it finds the object no valid iCalendar',
  'valid-calendar-object-resource': 'the object breaks a rule of CalDAV, such as one UID in all its parts',
  'supported-calendar-data': 'it does not take such calendar data',
  'supported-calendar-component': 'this calendar does not take such objects (events, tasks or journal entries)',
  'valid-address-data': 'it finds the object no valid vCard',
  'supported-address-data': 'it does not take vCards of this version',
  'no-uid-conflict': 'another object there has the same UID',
  'max-resource-size': 'the object is too large',
  'min-date-time': 'its dates are too early',
  'max-date-time': 'its dates are too late',
  'max-instances': 'it recurs too often',
  'max-attendees-per-instance': 'it has too many attendees',
  'valid-sync-token': 'it does not know the sync token any more',
  'supported-report': 'it does not know this kind of question',
  'number-of-matches-within-limits': 'the answer would be too long for it',
  'lock-token-submitted': 'somebody has locked it',
  'resource-must-be-null': 'something is there already',
  'unique-scheduling-object-resource': 'another object there is the same meeting',
  'same-organizer-in-all-components': 'its parts name different organizers',
  'allowed-organizer-scheduling-object-change': 'the organizer cannot be changed so',
  'allowed-attendee-scheduling-object-change': 'an attendee may not change a meeting so',
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'it did not understand',
  403: 'it is not allowed',
  404: 'it is not there',
  405: 'it does not do this there',
  409: 'what it should lie in is not there, or the change does not fit',
  410: 'it is gone',
  413: 'it is too large',
  415: 'it does not take objects of this kind',
  422: 'it cannot work with the content',
  423: 'it is locked',
  500: 'it failed by a mistake of its own',
  501: 'it cannot do this',
  507: 'it has no room left',
}

const MESSAGES = /\}(responsedescription|message|errormessage)$/ // RFC 4918; sabre/dav; others

/** What an answer of refusal has. */
export interface RefusedAnswer {
  readonly where: string
  /** What was asked for, in words that follow "refused": `to store an object`. */
  readonly what: string
  readonly status: number
  readonly body: Buffer
}

/** Says why the server refused, by the precondition that it names, else by the status. */
export function refusalOf({ where, what, status, body }: RefusedAnswer): PosternError {
  const { conditions, words } = readError(body)
  const known = conditions.map(name => WORDS[name]).filter(each => each !== undefined)
  const why = known.length > 0 ? known.join('; ') : (STATUS_WORDS[status] ?? 'it did not say why')
  const code = codeOf(status, conditions)
  const cause: DavRefusal = { status, conditions, ...(code ? { code: { name: code } } : {}) }
  const named = conditions.length > 0 ? `, ${brief(conditions.join(', '))}` : ''
  return failures.refused(where, what, `${why} (HTTP status ${status}${named}${words})`, cause)
}

function codeOf(status: number, conditions: readonly string[]): 'NOPERM' | 'OVERQUOTA' | undefined {
  const has = (...names: string[]) => names.some(name => conditions.includes(name))
  if (has('quota-not-exceeded', 'sufficient-disk-space') || status === 507) return 'OVERQUOTA'
  return has('need-privileges') || (status === 403 && conditions.length === 0) ? 'NOPERM' : undefined
}

// DAV:error has an element for each precondition; servers put words of their own beside them.
function readError(body: Buffer): { readonly conditions: readonly string[]; readonly words: string } {
  try {
    const reader = new XmlReader()
    const elements = [...reader.push(body), ...reader.end()]
    if (reader.root !== '{DAV:}error') return { conditions: [], words: '' }
    const said = elements.filter(({ name }) => MESSAGES.test(name)).map(({ text }) => brief(text))
    return { conditions: elements.filter(isCondition).map(localName), words: said.map(each => `: ${each}`).join('') }
  } catch (error) {
    if (error instanceof XmlError) return { conditions: [], words: '' } // a page for people
    throw error
  }
}

function isCondition({ name }: XmlElement): boolean {
  return /^\{(DAV:|urn:ietf:params:xml:ns:(caldav|carddav))\}[a-z-]{1,60}$/.test(name) && !MESSAGES.test(name)
}

function localName({ name }: XmlElement): string {
  return name.replace(/^\{.*\}/, '')
}
