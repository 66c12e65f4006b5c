/** What an object of a calendar or an address book is. */
export type ObjectKind = 'event' | 'task' | 'note' | 'contact'

/** What lists show of an object. */
export interface ObjectOutline {
  /** Undefined for what is neither iCalendar nor a vCard. */
  readonly kind: ObjectKind | undefined
  readonly uid: string | undefined
  /** An event's summary, a contact's name. */
  readonly subject: string | undefined
  /** When it begins, or else is due: ISO 8601, as precise as it was written; with `Z` only where it was written in UTC. */
  readonly date: string | undefined
  /** The organizer's address, or a contact's first one. */
  readonly address: string | undefined
}

const KINDS: Readonly<Record<string, ObjectKind>> = {
  VEVENT: 'event',
  VTODO: 'task',
  VJOURNAL: 'note',
  VCARD: 'contact',
}
const MAX_OCTETS = 65_536 // what lists show stands early; photos and attachments follow
const LINE = /^(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)$/s // RFC 5545 section 3.1, RFC 6350 section 3.3

/**
 * Reads what lists show of an iCalendar object (RFC 5545) or a vCard (RFC 6350), of its first part that is no exception of
 * a series. Any octets give an answer; nothing is validated. What stands behind `maxOctets` is not looked at.
 */
export function outlineOf(octets: Buffer, maxOctets = MAX_OCTETS): ObjectOutline {
  const parts = partsOf(octets.toString('utf8', 0, maxOctets))
  const part = parts.find(({ fields }) => !fields.has('RECURRENCE-ID')) ?? parts[0]
  const text = (name: string) => unescaped(part?.fields.get(name))
  const address = (part?.kind === 'contact' ? text('EMAIL') : text('ORGANIZER'))?.replace(/^mailto:/i, '')
  return {
    kind: part?.kind,
    uid: part?.fields.get('UID')?.trim(),
    subject: part?.kind === 'contact' ? (text('FN') ?? text('ORG')) : text('SUMMARY'),
    date: dateOf(part?.fields.get('DTSTART') ?? part?.fields.get('DUE')),
    address,
  }
}

interface Part {
  readonly kind: ObjectKind
  /** The first value of each property. */
  readonly fields: Map<string, string>
}

function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  const open: string[] = []
  let part: Part | undefined
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const [, name = '', , value = ''] = LINE.exec(line) ?? []
    const key = name.toUpperCase()
    const component = value.trim().toUpperCase()
    if (key === 'BEGIN') {
      open.push(component)
      const kind = Object.hasOwn(KINDS, component) ? KINDS[component] : undefined
      if (kind) {
        part = { kind, fields: new Map() }
        parts.push(part)
      }
    } else if (key === 'END') open.pop()
    // What belongs to an alarm inside is none of the event's.
    else if (part && Object.hasOwn(KINDS, open.at(-1) ?? '') && !part.fields.has(key)) part.fields.set(key, value)
  }
  return parts
}

function unescaped(value: string | undefined): string | undefined {
  const text = value?.replace(/\\([nN,;\\])/g, (_, escaped: string) => (/n/i.test(escaped) ? ' ' : escaped)).trim()
  return text === '' ? undefined : text
}

function dateOf(value: string | undefined): string | undefined {
  const [, year, month, day, hour, minute, second, utc = ''] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i.exec(value?.trim() ?? '') ?? []
  if (year === undefined) return undefined
  return hour === undefined
    ? `${year}-${month}-${day}`
    : `${year}-${month}-${day}T${hour}:${minute}:${second}${utc.toUpperCase()}`
}
