import type { Conversation } from './conversation.ts'
import type { Greeted, StartTls } from './probes.ts'

/** Asks an IMAP server what it can do, inside TLS where `startTls` is given (RFC 9051 sections 6.1.1 and 6.2.1). */
export async function probeImap(talk: Conversation, startTls: StartTls | undefined): Promise<Greeted> {
  const greeting = await talk.next()
  // PREAUTH would let anybody in: a sign-in there proves nothing.
  if (!/^\* OK\b/i.test(greeting)) throw talk.invalid('no IMAP greeting that asks for a sign-in')
  let capabilities = await ask(talk, 'P1')
  if (startTls) {
    if (!capabilities.has('STARTTLS')) return { kind: 'unencrypted' }
    talk.say('P2 STARTTLS')
    await untilTagged(talk, 'P2')
    await startTls()
    capabilities = await ask(talk, 'P3')
  }
  talk.say('P4 LOGOUT')
  const mechanisms = [...capabilities].filter(word => word.startsWith('AUTH=')).map(word => word.slice('AUTH='.length))
  return { kind: 'alive', mechanisms: capabilities.has('LOGINDISABLED') ? mechanisms : [...mechanisms, 'LOGIN'] }
}

async function ask(talk: Conversation, tag: string): Promise<ReadonlySet<string>> {
  talk.say(`${tag} CAPABILITY`)
  const said = await untilTagged(talk, tag)
  return new Set(said.flatMap(line => /^\* CAPABILITY (.*)$/i.exec(line)?.[1]?.toUpperCase().split(' ') ?? []))
}

async function untilTagged(talk: Conversation, tag: string): Promise<readonly string[]> {
  const said: string[] = []
  for (;;) {
    const line = await talk.next()
    if (line.toUpperCase().startsWith(`${tag} OK`)) return said
    if (!line.startsWith('* ')) throw talk.invalid('a refused command')
    said.push(line)
  }
}
