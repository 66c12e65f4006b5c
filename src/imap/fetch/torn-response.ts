/**
 * The octets of a message ended before those that were announced: the client waits for the rest of a literal and takes
 * whatever comes for it, so that nothing but the end of the connection can be told.
 */
export class TornResponse extends Error {
  constructor(cause: unknown) {
    super('A message could not be read to its end', { cause })
    this.name = 'TornResponse'
  }
}
