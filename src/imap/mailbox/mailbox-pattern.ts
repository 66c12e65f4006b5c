/** A pattern of LIST, cut at its wildcards. */
type Step = { readonly kind: 'text'; readonly character: string } | { readonly kind: 'star' | 'percent' }

/**
 * Tells whether a name matches a pattern, in which `*` stands for anything and `%` for anything without the delimiter
 * (RFC 9051 section 6.3.9). The work grows with the length of the name only, squared: not with how hostile the pattern is.
 */
export class MailboxPattern {
  readonly #steps: readonly Step[]
  readonly #texts: number

  constructor(pattern: string) {
    this.#steps = stepsOf(pattern)
    this.#texts = this.#steps.filter(step => step.kind === 'text').length
  }

  /** `INBOX` matches in any case (section 5.1). */
  matches(name: string, delimiter: string | undefined): boolean {
    if (this.#texts > name.length) return false
    const isInbox = name === 'INBOX'
    // The steps that may come next, of all ways in which the name so far can be read.
    let reached = this.#afterWildcards(new Set([0]))
    for (const character of name) {
      const next = new Set<number>()
      for (const at of reached) {
        const step = this.#steps[at]
        if (step?.kind === 'star' || (step?.kind === 'percent' && character !== delimiter)) next.add(at)
        else if (step?.kind === 'text' && isSame(step.character, character, isInbox)) next.add(at + 1)
      }
      if (next.size === 0) return false
      reached = this.#afterWildcards(next)
    }
    return reached.has(this.#steps.length)
  }

  /** A wildcard may stand for nothing. */
  #afterWildcards(reached: Set<number>): Set<number> {
    // A set that grows while it is walked: what is added is walked as well.
    for (const at of reached) if ((this.#steps[at]?.kind ?? 'text') !== 'text') reached.add(at + 1)
    return reached
  }
}

function isSame(left: string, right: string, isInbox: boolean): boolean {
  return left === right || (isInbox && left.toUpperCase() === right)
}

/** A run of wildcards is one: a `*` if there is one in it, else a `%`. */
function stepsOf(pattern: string): Step[] {
  const steps: Step[] = []
  for (const part of pattern.match(/[*%]+|[^*%]/gsu) ?? []) {
    if (!/^[*%]/.test(part)) steps.push({ kind: 'text', character: part })
    else steps.push({ kind: part.includes('*') ? 'star' : 'percent' })
  }
  return steps
}
