/** Every server is reached directly, and shown no certificate. */
export const DIRECT = {
  proxyTo: async () => undefined,
  identityOf: async () => undefined,
  explain: async (_: unknown, error: unknown) => error,
}
