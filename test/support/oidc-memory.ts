import type { Adapter, AdapterPayload } from 'oidc-provider'

/** What a provider remembers, so that a test can take it away. */
export class OidcMemory {
  readonly #entries = new Map<string, AdapterPayload>()

  /** The adapter of one kind of things, as oidc-provider wants it. */
  adapter(kind: string): Adapter {
    const entries = this.#entries
    const find = (matches: (entry: AdapterPayload) => boolean) =>
      [...entries].find(([key, entry]) => key.startsWith(`${kind}:`) && matches(entry))?.[1]
    return {
      upsert: async (id, payload) => void entries.set(`${kind}:${id}`, payload),
      find: async id => entries.get(`${kind}:${id}`),
      findByUserCode: async userCode => find(entry => entry.userCode === userCode),
      findByUid: async uid => find(entry => entry.uid === uid),
      consume: async id => {
        const entry = entries.get(`${kind}:${id}`)
        if (entry) entry.consumed = Math.floor(Date.now() / 1000)
      },
      destroy: async id => void entries.delete(`${kind}:${id}`),
      revokeByGrantId: async grantId => {
        for (const [key, entry] of entries) if (entry.grantId === grantId) entries.delete(key)
      },
    }
  }

  /** The ids of a kind: of a token, the token itself. */
  ids(kind: string): string[] {
    return [...this.#entries.keys()].filter(key => key.startsWith(`${kind}:`)).map(key => key.slice(kind.length + 1))
  }

  /** Forgets all of a kind, and tells how many there were. */
  forget(kind: string): number {
    const keys = [...this.#entries.keys()].filter(key => key.startsWith(`${kind}:`))
    for (const key of keys) this.#entries.delete(key)
    return keys.length
  }
}
