/** Codes of failures to listen and to connect. */
export type NetErrorCode =
  | 'NET_PORT_TAKEN'
  | 'NET_PORT_RESERVED'
  | 'NET_LISTEN_FAILED'
  | 'NET_REFUSED'
  | 'NET_TIMEOUT'
  | 'NET_DNS'
  | 'NET_UNREACHABLE'
  | 'NET_LOST'
