import { baseSubject, isReply } from './base-subject.ts'
import type { SearchedMessage } from './searched-message.ts'

const MESSAGE_ID = /<[^<>\s]+>/g
const MAX_REFERENCES = 100 // of one message: the nearest are the last ones

/** A thread: UIDs of which each answers the one before; the last one may have several answers. */
export interface MessageThread {
  /** Empty when the message that all of them answer is not there. */
  readonly uids: readonly number[]
  readonly branches: readonly MessageThread[]
}

interface Node {
  message: ThreadedMessage | undefined
  parent: Node | undefined
  children: Node[]
}

interface ThreadedMessage {
  readonly uid: number
  readonly sentMs: number
  readonly subject: string
}

/** Groups messages by what they answer (RFC 5256 section 3, REFERENCES). */
export function threadMessages(messages: Iterable<SearchedMessage>): MessageThread[] {
  const nodes = new Map<string, Node>()
  for (const message of messages) place(nodes, message)
  const roots = [...nodes.values()].filter(({ parent }) => !parent).flatMap(node => pruned(node, true))
  return sorted(bySubject(roots)).map(threadOf)
}

function place(nodes: Map<string, Node>, message: SearchedMessage): void {
  const { uid } = message.item
  const named = MESSAGE_ID.exec(message.structure.envelope.messageId ?? '')?.[0]
  MESSAGE_ID.lastIndex = 0
  // A second message of the same name is one of its own.
  const name = named === undefined || nodes.get(named)?.message ? `${uid}` : named
  const node = nodeOf(nodes, name)
  node.message = { uid, sentMs: message.sentMs, subject: message.subject }
  const references = referencesOf(message).map(reference => nodeOf(nodes, reference))
  for (const [index, reference] of references.entries()) {
    const parent = references[index - 1]
    if (parent && !reference.parent) link(parent, reference)
  }
  const parent = references.at(-1)
  if (parent) link(parent, node)
}

function referencesOf(message: SearchedMessage): string[] {
  const all = message.field('References').join(' ').match(MESSAGE_ID) ?? []
  const chain = all.length > 0 ? all : (message.structure.envelope.inReplyTo?.match(MESSAGE_ID)?.slice(0, 1) ?? [])
  return chain.slice(-MAX_REFERENCES)
}

function nodeOf(nodes: Map<string, Node>, name: string): Node {
  const node = nodes.get(name) ?? { message: undefined, parent: undefined, children: [] }
  nodes.set(name, node)
  return node
}

// Never in a circle: what people write into References need not be true.
function link(parent: Node, child: Node): void {
  for (let above: Node | undefined = parent; above; above = above.parent) if (above === child) return
  if (child.parent) child.parent.children = child.parent.children.filter(each => each !== child)
  child.parent = parent
  parent.children.push(child)
}

/** Takes out what is only named by others; at the top it stays where it holds several together. */
function pruned(root: Node, isTop: boolean): Node[] {
  // Without recursion: a hostile chain of references has no end. Children are done before their parents.
  const order: Node[] = [root]
  for (const node of order) order.push(...node.children)
  for (const node of order.toReversed()) {
    node.children = node.children.flatMap(child => (child.message ? [child] : child.children))
    for (const child of node.children) child.parent = node
  }
  if (root.message || (isTop && root.children.length > 1)) return [root]
  for (const child of root.children) child.parent = undefined
  return root.children
}

function bySubject(roots: readonly Node[]): Node[] {
  const known = new Map<string, Node>()
  for (const root of roots) {
    const subject = baseSubject(subjectOf(root))
    const other = known.get(subject)
    if (subject === '') continue
    const isBetter =
      other && ((!root.message && other.message) || (isReply(subjectOf(other)) && !isReply(subjectOf(root))))
    if (!other || isBetter) known.set(subject, root)
  }
  const merged = new Set<Node>()
  for (const root of roots) {
    const other = known.get(baseSubject(subjectOf(root)))
    merged.add(!other || other === root ? root : mergedWith(known, root, other))
    if (other?.parent) merged.delete(other)
  }
  return [...merged].filter(({ parent }) => !parent)
}

function mergedWith(known: Map<string, Node>, root: Node, other: Node): Node {
  if (!other.message) {
    if (root.message) adopt(other, root)
    else for (const child of [...root.children]) adopt(other, child)
    return other
  }
  if (isReply(subjectOf(root)) && !isReply(subjectOf(other))) {
    adopt(other, root)
    return other
  }
  const both: Node = { message: undefined, parent: undefined, children: [] }
  adopt(both, other)
  adopt(both, root)
  known.set(baseSubject(subjectOf(root)), both)
  return both
}

function adopt(parent: Node, child: Node): void {
  child.parent = parent
  parent.children.push(child)
}

function subjectOf({ message, children }: Node): string {
  return (message ?? children[0]?.message)?.subject ?? ''
}

function sorted(nodes: readonly Node[]): Node[] {
  const timeOf = ({ message, children }: Node) => (message ?? children[0]?.message)?.sentMs ?? 0
  const uidOf = ({ message, children }: Node) => (message ?? children[0]?.message)?.uid ?? 0
  for (const node of nodes) if (!node.message) node.children = sorted(node.children)
  return nodes.toSorted((left, right) => timeOf(left) - timeOf(right) || uidOf(left) - uidOf(right))
}

function threadOf(node: Node): MessageThread {
  const uids: number[] = []
  let last = node
  for (;;) {
    if (last.message) uids.push(last.message.uid)
    const [only] = last.children
    if (last.children.length !== 1 || !only) break
    last = only
  }
  return { uids, branches: sorted(last.children).map(threadOf) }
}
