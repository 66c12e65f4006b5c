/**
 * Writes an ETag in one way: opaque and in quotes. A weak one counts as its strong self: proxies that compress weaken what
 * the server said, and If-Match would never match it (RFC 9110 section 13.1.1). Undefined when there is none.
 */
export function normalEtag(text: string | undefined): string | undefined {
  const opaque = text?.trim().replace(/^W\//i, '')
  if (!opaque) return undefined
  return /^".*"$/.test(opaque) ? opaque : `"${opaque.replaceAll('"', '')}"`
}

/**
 * The ETag that a write was answered with; undefined where it is weak, since what was stored may then differ from what
 * was sent.
 */
export function writtenEtag(text: string | undefined): string | undefined {
  return /^\s*W\//i.test(text ?? '') ? undefined : normalEtag(text)
}

/** The ETag for If-Match; one that no header can hold (RFC 9110 section 8.8.3) is replaced by one that matches nothing. */
export function matchable(etag: string): string {
  const normal = normalEtag(etag) ?? ''
  return /^[\x20-\x7e\x80-\xff]+$/.test(normal) ? normal : '""'
}
