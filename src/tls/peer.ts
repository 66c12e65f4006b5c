import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** A server of the outside, as the user named it. */
export interface Peer {
  readonly host: string
  readonly port: number
  /** Its addresses, where they were looked up before: no others are connected to. */
  readonly addresses?: readonly string[]
}

/**
 * Turns a connected socket to a real server into a TLS socket whose certificate is trusted: by the system's roots, or
 * by an approval pinned to host:port and the SHA-256 of the public key. Never falls back to less.
 */
export interface PeerVerifier {
  /**
   * @throws {PosternError} TLS_UNTRUSTED, TLS_EXPIRED, TLS_WRONG_NAME, TLS_PIN_MISMATCH, TLS_NO_CERTIFICATE,
   * TLS_APPROVALS_UNREADABLE, TLS_HANDSHAKE, NET_LOST, or the signal's reason; the socket is destroyed then.
   */
  secure(socket: Socket, peer: Peer, signal: AbortSignal): Promise<TLSSocket>
}
