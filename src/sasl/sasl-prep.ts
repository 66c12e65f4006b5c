// RFC 3454 table B.1: mapped to nothing.
const NOTHING = /\u034f|[\u00ad\u1806\u200b\u200c\u2060\ufeff]|\u200d|[\u180b-\u180d]|[\ufe00-\ufe0f]/gu
// RFC 3454 table C.1.2: spaces that are not the ASCII one.
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu

/**
 * Prepares a user name or password as a client does (RFC 4013): maps and normalizes. What a server would not have
 * stored (control characters, mixed directions) is passed on as it is: the server's answer is the user's answer.
 */
export function saslPrep(text: string): string {
  return text.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
}
