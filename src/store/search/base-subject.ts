const BLOB = /^\[[^[\]]*\]\s*/
const REPLY = /^(?:re|fwd?|aw|wg)\s*(?:\[[^[\]]*\]\s*)?:\s*/i // and how Outlook says it in German
const TRAILER = /\s*\(fwd\)\s*$/i
const FORWARDED = /^\[fwd:(.*)\]$/is

/** What a subject says without its marks of replies and forwards (RFC 5256 section 2.1), in lower case. */
export function baseSubject(subject: string): string {
  let text = subject.replace(/\s+/g, ' ').trim()
  for (;;) {
    const next = withoutMarks(text)
    if (next === text) return text.toLowerCase()
    text = next
  }
}

/** Tells whether a subject has the mark of a reply or of a forward. */
export function isReply(subject: string): boolean {
  const text = subject.replace(/\s+/g, ' ').trim()
  return REPLY.test(text.replace(BLOB, '')) || TRAILER.test(text) || FORWARDED.test(text)
}

function withoutMarks(text: string): string {
  const shorter = text.replace(TRAILER, '').replace(REPLY, '')
  const withoutBlob = shorter.replace(BLOB, '')
  const inner = FORWARDED.exec(shorter)?.[1]?.trim()
  if (inner !== undefined) return inner
  return withoutBlob === '' ? shorter : withoutBlob
}
