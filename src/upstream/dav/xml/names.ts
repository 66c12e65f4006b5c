/** Namespaces, and the names of elements as an {@link XmlElement} has them. */
export const NAMESPACES = {
  d: 'DAV:', // RFC 4918, 3744, 5397, 6578
  c: 'urn:ietf:params:xml:ns:caldav', // RFC 4791
  a: 'urn:ietf:params:xml:ns:carddav', // RFC 6352
  s: 'http://calendarserver.org/ns/', // getctag
  i: 'http://apple.com/ns/ical/', // calendar-color
} as const

/** A name written with the prefixes of {@link NAMESPACES}: `d:href`. */
export type PrefixedName = `${keyof typeof NAMESPACES}:${string}`

const known = new Map<PrefixedName, string>()

/** Writes a name as an {@link XmlElement} has it. */
export function named(name: PrefixedName): string {
  const full = known.get(name) ?? clark(name)
  known.set(name, full)
  return full
}

function clark(name: PrefixedName): string {
  const [prefix = '', local = ''] = name.split(':')
  return `{${NAMESPACES[prefix as keyof typeof NAMESPACES]}}${local}` // the type says that it is one
}
