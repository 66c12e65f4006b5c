import { Parser } from 'htmlparser2'

const MAX_DEPTH = 32 // an ACL of RFC 3744 has 8
const MAX_ATTRIBUTES = 64 // of one element; mostly namespaces
const MAX_ELEMENTS = 50_000 // of one child of the root: the members of a large group, or a long ACL
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'

/** The most text, in octets of UTF-16, that one child of the root may hold: the largest object that is read. */
export const MAX_TEXT_LENGTH = 33_554_432

/** An element, named `{namespace}local` (Clark's notation). */
export interface XmlElement {
  readonly name: string
  /** Those without a prefix. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** What stands directly in it, blanks and all. */
  readonly text: string
}

/** What is wrong with a document; the message goes on a sentence that names the server. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

interface Growing extends XmlElement {
  readonly endIndex: number
  readonly children: Growing[]
  readonly namespaces: ReadonlyMap<string, string>
  text: string
}

/**
 * Reads an XML document of a stranger chunk by chunk, and gives the children of its root as soon as each is complete. A
 * document with a DOCTYPE is refused, so no entity can be defined; one that ends early is refused as well.
 */
export class XmlReader {
  readonly #parser: Parser
  readonly #decoder = new TextDecoder('utf-8')
  #root: Growing | undefined
  #isOver = false
  #open: Growing[] = []
  #done: XmlElement[] = []
  #elements = 0
  #textLength = 0
  #attributes = 0
  #unread = 0

  constructor() {
    this.#parser = new Parser(
      {
        onopentagname: () => this.#onName(),
        onattribute: () => this.#onAttribute(),
        onopentag: (tag, attributes) => this.#onOpen(tag, attributes),
        ontext: text => this.#onText(text),
        onclosetag: (tag, isImplied) => this.#onClose(tag, isImplied),
        onprocessinginstruction: name => this.#onInstruction(name),
        oncomment: () => (this.#unread = 0),
      },
      { xmlMode: true },
    )
  }

  /** The name of the root element; undefined before it was read. */
  get root(): string | undefined {
    return this.#root?.name
  }

  /**
   * Takes octets, and gives what they complete.
   *
   * @throws {XmlError}
   */
  push(octets: Uint8Array): XmlElement[] {
    return this.#take(this.#decoder.decode(octets, { stream: true }))
  }

  /**
   * The document is over.
   *
   * @throws {XmlError} when it is not
   */
  end(): XmlElement[] {
    const rest = this.#take(this.#decoder.decode())
    this.#parser.end()
    if (!this.#root) throw new XmlError('it is no XML')
    if (!this.#isOver) throw new XmlError('it broke off')
    return rest
  }

  #take(text: string): XmlElement[] {
    this.#parser.write(text)
    // A name, a value or a CDATA section that does not end is held by the parser, and tells nothing of itself.
    this.#unread += text.length
    if (this.#unread > MAX_TEXT_LENGTH) throw tooMuch()
    const done = this.#done
    this.#done = []
    return done
  }

  #onName(): void {
    this.#unread = 0
    this.#attributes = 0
    if (this.#isOver) throw new XmlError('it has two roots')
    if (this.#open.length >= MAX_DEPTH || ++this.#elements > MAX_ELEMENTS)
      throw new XmlError('it has too many elements')
  }

  #onAttribute(): void {
    if (++this.#attributes > MAX_ATTRIBUTES) throw new XmlError('an element has too many attributes')
  }

  #onOpen(tag: string, attributes: Readonly<Record<string, string>>): void {
    const parent = this.#open.at(-1)
    const namespaces = namespacesOf(attributes, parent?.namespaces)
    const element: Growing = {
      endIndex: this.#parser.endIndex,
      name: clark(tag, namespaces),
      attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !/^xmlns$|:/.test(name))),
      children: [],
      namespaces,
      text: '',
    }
    if (!parent) this.#root = element
    else if (parent !== this.#root) parent.children.push(element)
    this.#open.push(element)
  }

  #onText(text: string): void {
    this.#unread = 0
    const element = this.#open.at(-1)
    if (!element) {
      if (/[^\s\uFEFF]/.test(text)) throw new XmlError('it is no XML')
      return
    }
    this.#textLength += text.length
    if (this.#textLength > MAX_TEXT_LENGTH) throw tooMuch()
    if (element !== this.#root) element.text += text
  }

  #onClose(tag: string, isImplied: boolean): void {
    this.#unread = 0
    if (this.#open.length === 0) return
    // The parser calls `<a/>` implied as well; that one ends where it begins.
    const isEmptyTag = this.#parser.endIndex === this.#open.at(-1)?.endIndex
    if (isImplied && !isEmptyTag) throw new XmlError(`its <${tag.slice(0, 100)}> does not end`)
    const element = this.#open.pop()
    if (this.#open.length === 0) this.#isOver = true
    if (this.#open.length !== 1 || !element) return
    this.#done.push(element)
    this.#elements = 0
    this.#textLength = 0
  }

  #onInstruction(name: string): void {
    this.#unread = 0
    if (/^!doctype/i.test(name)) throw new XmlError('it has a DOCTYPE')
  }
}

function namespacesOf(
  attributes: Readonly<Record<string, string>>,
  outer: ReadonlyMap<string, string> = new Map([['xml', XML_NAMESPACE]]),
): ReadonlyMap<string, string> {
  const own = Object.entries(attributes).flatMap(([name, value]) => {
    const [, prefix = ''] = /^xmlns(?::(.+))?$/.exec(name) ?? []
    return /^xmlns(:.|$)/.test(name) ? [[prefix, value] as const] : []
  })
  return own.length === 0 ? outer : new Map([...outer, ...own])
}

function clark(tag: string, namespaces: ReadonlyMap<string, string>): string {
  const colon = tag.indexOf(':')
  const prefix = colon === -1 ? '' : tag.slice(0, colon)
  const space = namespaces.get(prefix)
  if (space === undefined && prefix !== '') throw new XmlError(`its prefix ${prefix.slice(0, 100)} means nothing`)
  return `{${space ?? ''}}${tag.slice(colon + 1)}`
}

function tooMuch(): XmlError {
  return new XmlError(`it has more than ${MAX_TEXT_LENGTH / 1_048_576} MB in one piece`)
}
