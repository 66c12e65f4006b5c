import type { Conversation } from './conversation.ts'
import type { Greeted, StartTls } from './probes.ts'

/** Reads what a ManageSieve server says it can do, inside TLS (RFC 5804 sections 1.7 and 2.2). */
export async function probeSieve(talk: Conversation, startTls: StartTls): Promise<Greeted> {
  const before = await capabilities(talk)
  if (!before.has('STARTTLS')) return { kind: 'unencrypted' }
  talk.say('STARTTLS')
  await untilOk(talk)
  await startTls()
  const after = await capabilities(talk) // told again by itself
  return {
    kind: 'alive',
    mechanisms: (after.get('SASL') ?? '')
      .toUpperCase()
      .split(' ')
      .filter(name => name !== ''),
  }
}

async function capabilities(talk: Conversation): Promise<ReadonlyMap<string, string>> {
  const lines = await untilOk(talk)
  return new Map(
    lines.map(line => {
      const [, name = '', value = ''] = /^"([^"]*)"(?: "((?:[^"\\]|\\.)*)")?/.exec(line) ?? []
      return [name.toUpperCase(), value]
    }),
  )
}

async function untilOk(talk: Conversation): Promise<readonly string[]> {
  const said: string[] = []
  for (;;) {
    const line = await talk.next()
    if (/^OK\b/i.test(line)) return said
    if (/^(NO|BYE)\b/i.test(line)) throw talk.invalid('it refused')
    said.push(line)
  }
}
