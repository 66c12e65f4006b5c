import { named, type PrefixedName } from './names.ts'
import type { XmlElement } from './xml-reader.ts'

/** The children of a name. */
export function childrenOf(element: XmlElement | undefined, name: PrefixedName): readonly XmlElement[] {
  const full = named(name)
  return element?.children.filter(child => child.name === full) ?? []
}

/** The first child of a name. */
export function childOf(element: XmlElement | undefined, name: PrefixedName): XmlElement | undefined {
  const full = named(name)
  return element?.children.find(child => child.name === full)
}

/** The text of the first child of a name, without the blanks around; undefined when there is none, or nothing in it. */
export function wordOf(element: XmlElement | undefined, name: PrefixedName): string | undefined {
  return childOf(element, name)?.text.trim() || undefined
}

/** The hrefs inside an element, as they stand there. */
export function hrefsIn(element: XmlElement | undefined): readonly string[] {
  return childrenOf(element, 'd:href').map(({ text }) => text.trim())
}
