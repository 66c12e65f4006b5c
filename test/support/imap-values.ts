import { type ResponsePart, ResponseReader } from '../../src/formats/imap/response-reader.ts'
import { type ImapValue, parseValues } from '../../src/formats/imap/value.ts'

/** Reads one value as a client does. */
export function readValue(octets: Buffer): ImapValue | undefined {
  let values: readonly ImapValue[] = []
  const reader = new ResponseReader({
    maxHeldOctets: 16 * 1_048_576,
    openLiteral: () => undefined,
    onResponse: (parts: readonly ResponsePart[]) => {
      values = parseValues(parts)
    },
  })
  reader.push(Buffer.concat([octets, Buffer.from('\r\n')]))
  return values[0]
}

/** Shows a value in one way, whether its strings are quoted or literals. */
export function shownValue(value: ImapValue | undefined): string {
  if (!value) return 'nothing'
  if (value.kind === 'list') return `(${value.items.map(shownValue).join(' ')})`
  if (value.kind === 'string') return JSON.stringify(value.octets.toString('latin1'))
  return value.kind === 'atom' ? value.text : 'NIL'
}
