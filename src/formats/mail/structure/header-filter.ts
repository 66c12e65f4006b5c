import { headerFields } from './header-fields.ts'

/** Which fields of a header are wanted: those with the names, or all others. */
export interface HeaderFilter {
  readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'
  /** In any case. */
  readonly names: readonly string[]
}

/** Takes fields out of a header, octets and order untouched; the blank line, if there is one, stays (RFC 9051 section 6.4.5.1). */
export function filterHeader(header: Buffer, filter: HeaderFilter): Buffer {
  return headerFilter(filter)(header)
}

/** Makes a filter for many headers. */
export function headerFilter({ kind, names }: HeaderFilter): (header: Buffer) => Buffer {
  const named = new Set(names.map(name => name.toLowerCase()))
  const isWanted = (name: string) => named.has(name) === (kind === 'HEADER.FIELDS')
  return header => {
    const pieces: Buffer[] = []
    let end = 0
    for (const field of headerFields(header)) {
      end = field.end
      if (isWanted(field.name)) pieces.push(header.subarray(field.start, field.end))
    }
    return Buffer.concat([...pieces, header.subarray(end)])
  }
}
