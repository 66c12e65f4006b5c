import type { MessageLinks } from '../message-facts.ts'
import type { SearchBudget } from './search-budget.ts'

/** A message of a thread, or a dummy for one that is not there. */
export interface ThreadNode {
  /** The index of the message; undefined for a dummy. */
  readonly message: number | undefined
  readonly children: ThreadNode[]
}

class LinkedNode implements ThreadNode {
  message: number | undefined
  readonly children: ThreadNode[] = []
  parent: LinkedNode | undefined
  /** How many nodes have it for their parent. */
  childCount = 0
  /** Of a dummy: the next message above it, or the dummy at the top. */
  anchor: LinkedNode | undefined
}

/**
 * Links messages by what they answer and leaves out dummies, but for those at the top that hold several messages together
 * (RFC 5256 section 3, REFERENCES, steps 1 to 3). Gives the tops, in no order.
 */
export function linkMessages(links: readonly MessageLinks[], budget: SearchBudget): ThreadNode[] {
  const forest = new Forest(budget)
  for (const [message, { messageId, references }] of links.entries()) forest.add(message, messageId, references)
  return forest.tops()
}

class Forest {
  readonly #budget: SearchBudget
  readonly #byId = new Map<string, LinkedNode>()
  readonly #messages: LinkedNode[] = []

  constructor(budget: SearchBudget) {
    this.#budget = budget
  }

  add(message: number, messageId: string | null, references: readonly string[]): void {
    let last: LinkedNode | undefined
    for (const id of references) {
      const node = this.#get(id)
      if (last && !node.parent) this.#link(last, node)
      last = node
    }
    const node = this.#own(message, messageId)
    // What others said of its parent came from cut References.
    this.#unlink(node)
    if (last) this.#link(last, node)
  }

  tops(): ThreadNode[] {
    const tops = new Set<LinkedNode>()
    for (const node of this.#messages) {
      const above = node.parent && this.#anchorOf(node.parent)
      if (above) above.children.push(node)
      if (!above || above.message === undefined) tops.add(above ?? node)
    }
    return Array.from(tops, top =>
      top.message === undefined && top.children.length === 1 ? (top.children[0] ?? top) : top,
    )
  }

  // Two messages with one id are two messages.
  #own(message: number, messageId: string | null): LinkedNode {
    const known = messageId === null ? undefined : this.#get(messageId)
    const node = known && known.message === undefined ? known : new LinkedNode()
    node.message = message
    this.#messages.push(node)
    return node
  }

  #get(id: string): LinkedNode {
    const known = this.#byId.get(id)
    if (known) return known
    const node = new LinkedNode()
    this.#byId.set(id, node)
    return node
  }

  #link(parent: LinkedNode, child: LinkedNode): void {
    if (parent === child || (child.childCount > 0 && this.#isAbove(child, parent))) return
    child.parent = parent
    parent.childCount++
  }

  #unlink(child: LinkedNode): void {
    if (child.parent) child.parent.childCount--
    child.parent = undefined
  }

  #isAbove(wanted: LinkedNode, node: LinkedNode): boolean {
    for (let at = node.parent; at; at = at.parent) {
      this.#budget.spendLittle()
      if (at === wanted) return true
    }
    return false
  }

  #anchorOf(node: LinkedNode): LinkedNode {
    const passed: LinkedNode[] = []
    let at = node
    while (at.message === undefined && at.parent && !at.anchor) {
      passed.push(at)
      at = at.parent
    }
    const anchor = at.message === undefined ? (at.anchor ?? at) : at
    for (const dummy of passed) dummy.anchor = anchor
    return anchor
  }
}
