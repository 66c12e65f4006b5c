/** The end of a command (RFC 9051 section 7.1). */
export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD'
  /** Without brackets. */
  readonly code?: string | undefined
  /** Constant English: nothing of the client's. */
  readonly text: string
}

export function ok(text: string, code?: string): Reply {
  return { status: 'OK', code, text }
}

export function no(text: string, code?: string): Reply {
  return { status: 'NO', code, text }
}

export function bad(text: string): Reply {
  return { status: 'BAD', text }
}

/** Writes a reply with its tag; `*` for one that belongs to no command. */
export function replyLine(tag: string, { status, code, text }: Reply): string {
  return `${tag} ${status} ${code === undefined ? '' : `[${code}] `}${text}\r\n`
}
