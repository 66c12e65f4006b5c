/** A reply, ready for the wire. Its texts are constants: nothing from inside ever reaches a client. */
export interface Reply {
  readonly text: string
  /** What the connection does after the reply is written. */
  readonly after?: 'close' | 'start-tls'
}

/** A positive reply of one line. */
export function ok(text: string): Reply {
  return { text: `+OK ${text}\r\n` }
}

/** A positive reply of several lines, ended by a dot even when there are none (RFC 1939 section 3). */
export function okLines(text: string, lines: readonly string[]): Reply {
  return { text: `+OK ${text}\r\n${lines.map(line => `${line}\r\n`).join('')}.\r\n` }
}

/** A negative reply. A response code stands in brackets (RFC 2449 section 8, RFC 3206). */
export function err(text: string): Reply {
  return { text: `-ERR ${text}\r\n` }
}

/** A SASL challenge (RFC 5034 section 4). */
export function challenge(octets: Buffer): Reply {
  return { text: `+ ${octets.toString('base64')}\r\n` }
}
