import { headerFields } from './header-fields.ts'

/** Which fields of a header are wanted: those with the names, or all others. */
export interface HeaderFilter {
  readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'
  /** In any case. */
  readonly names: readonly string[]
}

/** Takes fields out of a header, octets and order untouched; the blank line, if there is one, stays (RFC 9051 section 6.4.5.1). */
export function filterHeader(header: Buffer, { kind, names }: HeaderFilter): Buffer {
  const wanted = new Set(names.map(name => name.toLowerCase()))
  const pieces: Buffer[] = []
  let end = 0
  for (const field of headerFields(header)) {
    end = field.end
    if (wanted.has(field.name) === (kind === 'HEADER.FIELDS')) pieces.push(header.subarray(field.start, field.end))
  }
  return Buffer.concat([...pieces, header.subarray(end)])
}
