/**
 * Names a message for clients (EMAILID, RFC 8474), wherever it is moved. By the item, not by its octets: a name may not
 * change when the body of a header comes.
 */
export function emailIdOf({ id }: { readonly id: number }): string {
  return `E${id}`
}
