import type { MessageFacts, MessageLinks } from '../message-facts.ts'
import type { SearchBudget } from './search-budget.ts'
import { linkMessages, type ThreadNode } from './thread-forest.ts'

const MAX_DEPTH = 100 // branches in branches: who reads them may do it by recursion

/** A thread (RFC 5256 section 5): UIDs of which each answers the one before; the last one may have several answers. */
export interface Thread {
  /** Empty when the message that all of them answer is not there. */
  readonly uids: readonly number[]
  readonly branches: readonly Thread[]
}

/** Messages to be threaded: everything in the same order, that of the UIDs. */
export interface ThreadedMessages {
  readonly uids: readonly number[]
  readonly facts: readonly Pick<MessageFacts, 'subject' | 'isReply'>[]
  readonly links: readonly MessageLinks[]
  /** When they were sent, in ms since the epoch. */
  readonly sentMs: readonly number[]
}

/** Makes threads of messages (RFC 5256 section 3, REFERENCES). */
export function threadMessages(messages: ThreadedMessages, budget: SearchBudget): Thread[] {
  const tops = linkMessages(messages.links, budget)
  const order = new ThreadOrder(messages)
  order.sortAll(tops)
  const merged = mergeSubjects(tops, messages)
  order.sortAll(merged)
  return merged.map(node => threadOf(node, messages.uids, 0))
}

/** Siblings stand in the order in which they were sent; a dummy is as old as its first child. */
class ThreadOrder {
  readonly #messages: ThreadedMessages

  constructor(messages: ThreadedMessages) {
    this.#messages = messages
  }

  sortAll(tops: ThreadNode[]): void {
    // Dummies are at the top only: below it, all have dates of their own.
    for (const top of tops) for (const node of below(top)) node.children.sort(this.#compare)
    tops.sort(this.#compare)
  }

  readonly #compare = (left: ThreadNode, right: ThreadNode): number => {
    const [a, b] = [messageOf(left), messageOf(right)]
    return (this.#messages.sentMs[a] ?? 0) - (this.#messages.sentMs[b] ?? 0) || a - b
  }
}

/** Joins threads whose subjects are the same but for `Re:` and the like (step 5). */
function mergeSubjects(tops: readonly ThreadNode[], messages: ThreadedMessages): ThreadNode[] {
  const subjectOf = (node: ThreadNode) => messages.facts[messageOf(node)]?.subject ?? ''
  const isReply = (node: ThreadNode) => node.message !== undefined && messages.facts[node.message]?.isReply === true
  const table = new Map<string, ThreadNode>()
  for (const node of tops) {
    const known = table.get(subjectOf(node))
    if (!known || isBetterTop(known, node, isReply)) table.set(subjectOf(node), node)
  }
  const left = new Set(tops)
  for (const node of tops) {
    const subject = subjectOf(node)
    const known = table.get(subject)
    if (subject === '' || !known || known === node) continue
    left.delete(node)
    if (isDummy(known) && isDummy(node)) for (const child of node.children) known.children.push(child)
    else if (isDummy(known) || (isReply(node) && !isReply(known))) known.children.push(node)
    else {
      const dummy: ThreadNode = { message: undefined, children: [known, node] }
      left.delete(known)
      left.add(dummy)
      table.set(subject, dummy)
    }
  }
  return [...left]
}

function isBetterTop(known: ThreadNode, node: ThreadNode, isReply: (node: ThreadNode) => boolean): boolean {
  return !isDummy(known) && (isDummy(node) || (isReply(known) && !isReply(node)))
}

function isDummy(node: ThreadNode): boolean {
  return node.message === undefined
}

/** The message itself, or the first one of a dummy. */
function messageOf(node: ThreadNode): number {
  return node.message ?? node.children[0]?.message ?? 0
}

function threadOf(top: ThreadNode, uids: readonly number[], depth: number): Thread {
  const chain: number[] = []
  for (let node = top; ; ) {
    if (node.message !== undefined) chain.push(uids[node.message] ?? 0)
    const [only] = node.children
    if (node.children.length > 1) return branched(node, chain, uids, depth)
    if (!only) return { uids: chain, branches: [] }
    node = only
  }
}

function branched(node: ThreadNode, chain: number[], uids: readonly number[], depth: number): Thread {
  if (depth < MAX_DEPTH) {
    return { uids: chain, branches: node.children.map(child => threadOf(child, uids, depth + 1)) }
  }
  for (const each of below(node)) {
    if (each !== node && each.message !== undefined) chain.push(uids[each.message] ?? 0)
  }
  return { uids: chain, branches: [] }
}

/** A node and all below it, each before its children. */
function* below(top: ThreadNode): Generator<ThreadNode> {
  const waiting = [top]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    yield node
    for (const child of node.children.toReversed()) waiting.push(child)
  }
}
