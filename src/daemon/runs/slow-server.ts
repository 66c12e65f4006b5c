/** A server that has said nothing for long although it was asked something. */
export interface SlowServer {
  /** The folder that was worked on; empty when none was. */
  readonly path: string
  readonly silentMs: number
}

/** What a person can do about it. The seed names the cause: a virus scanner on this machine that holds mail back. */
const SLOW_ADVICE =
  'A virus scanner that checks mail may hold it back: turn its check of incoming mail (IMAP) off, or make an exception ' +
  'for Postern; the check of files stays on, and that of outgoing mail does no harm. A slow server does the same. ' +
  'Postern waits on, and tries again by itself.'

/** Tells in words that a server is slow. */
export function describeSlowServer({ path, silentMs }: SlowServer) {
  const what = path === '' ? 'it was waited for' : `${path === 'INBOX' ? 'Inbox' : path} was being synchronized`
  return {
    folder: path === '' ? null : path,
    silentMs: Math.round(silentMs),
    message: `The server has said nothing for ${Math.round(silentMs / 1000)} s while ${what}.`,
    advice: SLOW_ADVICE,
  }
}
