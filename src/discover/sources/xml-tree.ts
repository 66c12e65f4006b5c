import { Parser } from 'htmlparser2'
import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'

// A page of settings has some dozen elements; the octets are bounded where they are read.
const MAX_DEPTH = 32
const MAX_ELEMENTS = 2000

/** An element, by its local name: documents put them into namespaces of several versions. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** The text that stands directly in it, without the blanks around. */
  readonly text: string
}

interface Growing extends XmlElement {
  readonly children: Growing[]
  text: string
}

/**
 * Reads XML of strangers. Entities other than the five of XML itself stay as they are: nothing is defined, nothing is
 * fetched.
 *
 * @throws {PosternError} DISCOVER_ANSWER_INVALID when there is no element, or too much of it.
 */
export function parseXml(octets: Buffer): XmlElement {
  const root: Growing = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  let elements = 0
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (++elements > MAX_ELEMENTS || open.length > MAX_DEPTH) throw invalid('it has too many elements')
        const element = { name: localName(name), attributes, children: [], text: '' }
        open.at(-1)?.children.push(element)
        open.push(element)
      },
      ontext: text => {
        const element = open.at(-1)
        if (element) element.text += text
      },
      onclosetag: () => {
        const element = open.length > 1 ? open.pop() : undefined
        if (element) element.text = element.text.trim()
      },
    },
    { xmlMode: true },
  )
  parser.end(octets.toString('utf8'))
  const [top] = root.children
  if (!top) throw invalid('it is no XML')
  return top
}

/** The elements of a name directly in another. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter(child => child.name === name.toLowerCase())
}

/** The text of the first element of a name; empty when there is none. */
export function textOf(element: XmlElement, name: string): string {
  return childrenOf(element, name)[0]?.text ?? ''
}

/** Every element of a name below another, however deep. */
export function findElements(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.flatMap(child => [
    ...(child.name === name.toLowerCase() ? [child] : []),
    ...findElements(child, name),
  ])
}

function localName(name: string): string {
  return name.replace(/^.*:/, '').toLowerCase()
}

function invalid(why: string): PosternError {
  return new PosternError<DiscoverErrorCode>('DISCOVER_ANSWER_INVALID', `The answer cannot be read: ${why}.`, {
    remedy: 'user',
    advice: 'Other sources are asked as well; see --trace.',
  })
}
