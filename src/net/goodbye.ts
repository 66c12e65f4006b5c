import type { Socket } from 'node:net'

const GOODBYE_TIMEOUT_MS = 5000 // a server that no longer reads, or never ends to speak, is not waited for

/** Ends a connection with a last line; what the server still says is thrown away. */
export function sayGoodbye(socket: Socket, line: string, timeoutMs = GOODBYE_TIMEOUT_MS): void {
  socket.end(`${line}\r\n`)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), timeoutMs).unref()
  socket.once('close', () => clearTimeout(timer))
}
