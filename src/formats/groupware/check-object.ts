import ICAL from 'ical.js'

/** What an object must be for a collection to take it. */
export interface CheckedObject {
  /** VEVENT, VTODO or VJOURNAL; VCARD for a contact. */
  readonly component: string
  readonly uid: string
}

/** An object that is whole, or what is wrong with it, in words. */
export type ObjectCheck =
  | { readonly ok: true; readonly object: CheckedObject }
  | { readonly ok: false; readonly why: string }

/** A component of jCal (RFC 7265): its name, its properties, its components. */
type Component = readonly [name: string, properties: readonly Property[], components: readonly Component[]]
type Property = readonly [name: string, parameters: unknown, type: string, ...values: unknown[]]

/** Checks that octets are one object of a calendar (RFC 4791 section 4.1), or one contact (RFC 6352 section 5.1). */
export function checkObject(octets: Buffer): ObjectCheck {
  const text = textOf(octets)
  if (text === undefined) return { ok: false, why: 'it is no UTF-8' }
  if (!/\S/.test(text)) return { ok: false, why: 'it is empty' }
  try {
    const parsed = ICAL.parse(text) as unknown as Component | readonly Component[] // several when they stand side by side
    return Array.isArray(parsed[0]) ? severalFound() : checkComponent(parsed as Component)
  } catch (error) {
    if (error instanceof Error) return { ok: false, why: error.message } // the parser's own, of what it was given
    throw error
  }
}

function checkComponent([name, properties, components]: Component): ObjectCheck {
  if (name === 'vcard') return checkContact(properties)
  if (name !== 'vcalendar') return { ok: false, why: `it is a ${name}` }
  if (firstValue(properties, 'method') !== undefined) {
    return { ok: false, why: 'it is an invitation or an answer to one (METHOD), not an entry of a calendar' }
  }
  const entries = components.filter(([each]) => each !== 'vtimezone')
  const [first] = entries
  if (!first) return { ok: false, why: 'there is nothing in it' }
  const uid = firstValue(first[1], 'uid')
  if (uid === undefined) return { ok: false, why: 'it has no UID' }
  const isOne = entries.every(([each, own]) => each === first[0] && firstValue(own, 'uid') === uid)
  return isOne ? { ok: true, object: { component: first[0].toUpperCase(), uid } } : severalFound()
}

function checkContact(properties: readonly Property[]): ObjectCheck {
  const uid = firstValue(properties, 'uid')
  if (uid === undefined) return { ok: false, why: 'it has no UID' }
  if (firstValue(properties, 'fn') === undefined) return { ok: false, why: 'it has no name (FN)' }
  return { ok: true, object: { component: 'VCARD', uid } }
}

function severalFound(): ObjectCheck {
  return { ok: false, why: 'there are several entries in it' }
}

function firstValue(properties: readonly Property[], wanted: string): string | undefined {
  const value = properties.find(([name]) => name === wanted)?.[3]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function textOf(octets: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return undefined // the caller says so
  }
}
