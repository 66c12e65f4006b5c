import { decodeWords } from 'postal-mime'
import type { EnvelopeAddress, OctetString, Parameter } from '../structure/part.ts'
import { decodeCharset } from './charset.ts'

const MAX_FIELD_OCTETS = 65_536 // of what is decoded for readers; the field itself is kept whole
const EXTENDED = /^([^']*)'[^']*'(.*)$/s // RFC 2231 section 4

/** Reads a field for people: its octets as UTF-8 where they can be, encoded words decoded (RFC 2047). */
export function headerText(octets: OctetString): string {
  const text = decodeCharset(Buffer.from(octets.slice(0, MAX_FIELD_OCTETS), 'latin1'), '')
  if (!text.includes('=?')) return text
  try {
    return decodeWords(text)
  } catch {
    return text // an unknown charset: the raw text is better than none
  }
}

/** Writes an address for people: `Name mailbox@host`; of a group its name. */
export function addressText([name, , mailbox, host]: EnvelopeAddress): string {
  const address = [mailbox, host].filter(text => text).join('@')
  return [name, address]
    .map(text => headerText(text ?? ''))
    .filter(text => text !== '')
    .join(' ')
}

/** Reads a parameter for people, with its charset if it has one (RFC 2231); undefined when it is not there. */
export function parameterText(parameters: readonly Parameter[], name: string): string | undefined {
  const value = (wanted: string) => parameters.find(([name]) => name === wanted)?.[1]
  const extended = value(`${name}*`)
  if (extended !== undefined) return extendedText(extended)
  const plain = value(name)
  return plain === undefined ? undefined : headerText(plain)
}

function extendedText(value: OctetString): string {
  const [, charset = '', encoded = value] = EXTENDED.exec(value.slice(0, MAX_FIELD_OCTETS)) ?? []
  const octets = encoded.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return decodeCharset(Buffer.from(octets, 'latin1'), charset)
}
