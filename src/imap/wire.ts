/** What a session sends: a text of which each character is an octet, or octets, which may belong to the backend. */
export type Wire = string | Uint8Array
