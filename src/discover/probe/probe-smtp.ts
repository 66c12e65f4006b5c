import type { Conversation } from './conversation.ts'
import type { Greeted, StartTls } from './probes.ts'

/** Asks a submission server what it can do, inside TLS where `startTls` is given (RFC 5321, RFC 3207, RFC 4954). */
export async function probeSmtp(talk: Conversation, startTls: StartTls | undefined): Promise<Greeted> {
  await expect(talk, '220')
  let extensions = await hello(talk)
  if (startTls) {
    if (!extensions.some(line => /^STARTTLS\b/i.test(line))) return { kind: 'unencrypted' }
    talk.say('STARTTLS')
    await expect(talk, '220')
    await startTls()
    extensions = await hello(talk)
  }
  talk.say('QUIT')
  // Some servers say AUTH=PLAIN for clients of old.
  const offered = extensions.flatMap(
    line =>
      /^AUTH[ =](.*)$/i
        .exec(line)?.[1]
        ?.toUpperCase()
        .split(/[\s=]+/) ?? [],
  )
  return { kind: 'alive', mechanisms: [...new Set(offered)].filter(name => name !== '') }
}

async function hello(talk: Conversation): Promise<readonly string[]> {
  talk.say('EHLO [127.0.0.1]') // our real name or address is nobody's business yet
  return expect(talk, '250')
}

// RFC 5321 section 4.2.1: `250-` in all lines but the last.
async function expect(talk: Conversation, code: string): Promise<readonly string[]> {
  const said: string[] = []
  for (;;) {
    const line = await talk.next()
    if (!line.startsWith(code)) throw talk.invalid(`${code} was to come`)
    said.push(line.slice(code.length + 1))
    if (line[code.length] !== '-') return said
  }
}
