const BLOB = /\[[^[\]]*\][ \t]*/y
const REPLY = /(?:re|fwd?)[ \t]*(?:\[[^[\]]*\][ \t]*)?:[ \t]*/iy
const TRAILER = '(fwd)'
const MAX_UNITS = 1000 // what follows does not tell conversations apart
const WRAPPED = /^\[fwd:(.*)\]$/is

/** What a conversation is called. */
export interface BaseSubject {
  readonly subject: string
  /** Whether something was taken off that says that the message is an answer, or is forwarded. */
  readonly isReply: boolean
}

/** Takes `Re:`, `Fwd:`, names of lists and the like off a decoded subject (RFC 5256 section 2.1). */
export function baseSubject(text: string): BaseSubject {
  let subject = text.slice(0, MAX_UNITS).replace(/[ \t\r\n]+/g, ' ')
  let isReply = false
  for (;;) {
    const head = withoutTrailers(subject)
    const base = withoutLeaders(head)
    isReply ||= head.length < subject.trimEnd().length || base.isReply
    const wrapped = WRAPPED.exec(base.subject)?.[1]
    if (wrapped === undefined) return { subject: base.subject, isReply }
    subject = wrapped
    isReply = true
  }
}

function withoutTrailers(text: string): string {
  let subject = text.trimEnd()
  while (subject.slice(-TRAILER.length).toLowerCase() === TRAILER) subject = subject.slice(0, -TRAILER.length).trimEnd()
  return subject
}

function withoutLeaders(text: string): BaseSubject {
  let at = skipBlanks(text, 0)
  let isReply = false
  for (;;) {
    const behindReply = replyEnd(text, at)
    if (behindReply !== undefined) {
      isReply = true
      at = skipBlanks(text, behindReply)
      continue
    }
    const behindBlob = endOf(BLOB, text, at)
    if (behindBlob === undefined || behindBlob === text.length) return { subject: text.slice(at), isReply }
    at = behindBlob
  }
}

/** Finds the end of `[list] Re [2]:`; undefined when there is none. */
function replyEnd(text: string, start: number): number | undefined {
  let at = start
  for (let end = endOf(BLOB, text, at); end !== undefined; end = endOf(BLOB, text, at)) at = end
  return endOf(REPLY, text, at)
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (text[at] === ' ') at++
  return at
}
