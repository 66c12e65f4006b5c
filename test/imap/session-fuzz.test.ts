import fc from 'fast-check'
import t from 'tap'
import { ImapClient } from '../support/imap/client.ts'
import { someCommand } from '../support/imap/command-generator.ts'
import { serveAccount, someAccount } from '../support/imap/front.ts'
import type { MemoryAccount } from '../support/imap/memory-account.ts'
import { readStrictly } from '../support/imap/strict-responses.ts'
import { type SentCommand, watchSession } from '../support/imap/watched-session.ts'

const RUNS = Number(process.env.POSTERN_FRONT_RUNS ?? 150)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_126)
const PARAMETERS = { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 1000 }
const SIGN_IN = 'l LOGIN ada "correct horse"\r\ns SELECT INBOX\r\n'
const SIGN_OUT = 'z LOGOUT\r\n'

t.comment(`${RUNS} runs from the seed ${SEED}`)

const commands = fc.array(someCommand, { maxLength: 14 })
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 })
const session = fc.record({ commands, cuts })
const mutation = fc.record({
  what: fc.constantFrom('cut', 'drop', 'insert', 'repeat'),
  at: fc.nat(2000),
  octets: fc.constantFrom(
    '\r\n',
    '{5}\r\n',
    '{9+}\r\n',
    '"',
    '(',
    ')',
    '\\',
    '\0',
    '\xff',
    '{99999999}',
    '~{3+}\r\n',
    ' ',
  ),
})

t.test('two clients at once are told nothing that contradicts itself, whatever they say', async t => {
  await fc.assert(
    fc.asyncProperty(session, session, async (left, right) => {
      const account = someAccount()
      account.pause = () => new Promise(resolve => setImmediate(resolve)) // so that each comes in between the other's steps
      const sessions = [left, right].map(({ commands, cuts }) => ({ cuts, sent: tagged(commands) }))
      const texts = await Promise.all(sessions.map(({ cuts, sent }) => converse(account, octetsOf(sent), cuts)))
      for (const [index, { sent }] of sessions.entries()) watchSession(texts[index] ?? '', sent)
      t.equal(account.watchers.size, 0)
    }),
    PARAMETERS,
  )
})

t.test('a client that is left alone in the end knows how many messages there are', async t => {
  await fc.assert(
    fc.asyncProperty(session, session, async (left, right) => {
      const account = someAccount()
      const last = ['UNSELECT', 'SELECT INBOX', 'NOOP', 'FETCH 1:* UID']
      await converse(account, octetsOf(tagged(right.commands)), right.cuts)
      const sent = tagged([...left.commands, ...last])
      const { messages, isBye } = watchSession(await converse(account, octetsOf(sent), left.cuts), sent)
      if (left.commands.includes('LOGOUT') || !messages || !isBye) return
      t.same(messages, [...(account.boxes[0]?.messages.keys() ?? [])])
    }),
    PARAMETERS,
  )
})

t.test('what is damaged on its way is answered by responses all the same', async t => {
  await fc.assert(
    fc.asyncProperty(session, fc.array(mutation, { maxLength: 6 }), async ({ commands, cuts }, mutations) => {
      const octets = mutations.reduce((text, change) => mutated(text, change), octetsOf(tagged(commands)))
      const tags = readStrictly(await converse(someAccount(), octets, cuts))
        .map(({ tag }) => tag)
        .filter(tag => /^t\d+$/.test(tag))
      const repeated = mutations.some(({ what }) => what === 'repeat' || what === 'insert')
      if (!repeated) t.equal(new Set(tags).size, tags.length, 'no tag is answered twice')
    }),
    PARAMETERS,
  )
})

function tagged(commands: readonly string[]): SentCommand[] {
  return commands.map((text, index) => ({ tag: `t${index + 1}`, text }))
}

function octetsOf(sent: readonly SentCommand[]): string {
  return sent.map(({ tag, text }) => `${tag} ${text}\r\n`).join('')
}

/** Says it all, cut as it may be, and resolves to all that is answered. A bug rejects. */
async function converse(account: MemoryAccount, octets: string, cuts: readonly number[]): Promise<string> {
  const client = new ImapClient(serveAccount(account))
  const text = `${SIGN_IN}${octets}${SIGN_OUT}`
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = cuts[turn % cuts.length] ?? 1
    if (!client.stream.destroyed) client.send(text.slice(at, at + length))
    at += length
    if (turn % 5 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  client.stream.end()
  const answered = await client.rest()
  await client.served
  return answered
}

function mutated(text: string, { what, at, octets }: { what: string; at: number; octets: string }): string {
  const place = text.length === 0 ? 0 : at % text.length
  if (what === 'cut') return text.slice(0, place)
  if (what === 'drop') return text.slice(0, place) + text.slice(place + 3)
  if (what === 'insert') return text.slice(0, place) + octets + text.slice(place)
  return text.slice(0, place) + text.slice(Math.max(0, place - 40))
}
