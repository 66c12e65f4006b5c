import { createHash } from 'node:crypto'
import ICAL from 'ical.js'

// By which an entry is told from its copies, or which every program that stores it writes anew (RFC 5545 sections 3.7 and
// 3.8.7.2, RFC 6350 section 6.7).
const OF_THE_COPY: ReadonlySet<string> = new Set(['uid', 'prodid', 'dtstamp', 'rev', 'calscale'])
const TIME_ZONE = 'vtimezone' // servers put their own; DTSTART names it

type Component = readonly [name: string, properties: readonly Property[], components: readonly Component[]]
type Property = readonly [name: string, parameters: unknown, ...rest: unknown[]]

/**
 * Makes a key of what an iCalendar object or a vCard says: two that say the same have the same one, whatever their UID, the
 * order of their lines, and where these are folded. Any octets have one.
 */
export function contentKey(octets: Buffer): string {
  return createHash('sha256').update(canonical(octets)).digest('base64')
}

function canonical(octets: Buffer): string | Buffer {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
    const parsed = ICAL.parse(text) as unknown as Component | readonly Component[] // several when they stand side by side
    return typeof parsed[0] === 'string' ? ofComponent(parsed as Component) : octets
  } catch (error) {
    if (error instanceof Error) return octets // the parser's own, or the decoder's: what cannot be read is as it is
    throw error
  }
}

function ofComponent([name, properties, components]: Component): string {
  const own = properties.filter(([each]) => !OF_THE_COPY.has(each)).map(ofProperty)
  const inside = components.filter(([each]) => each !== TIME_ZONE).map(ofComponent)
  return JSON.stringify([name, own.sort(), inside.sort()])
}

function ofProperty([name, parameters, ...rest]: Property): string {
  return JSON.stringify([name, parameters, ...rest], sortedKeys)
}

// The parts of a rule, and parameters, have no order.
function sortedKeys(_key: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? Object.fromEntries(Object.entries(value).sort()) : value
}
