import t, { type Test } from 'tap'
import { ImapFront, type RawClient } from '../../support/imap-front.ts'
import { pick, randomSource } from '../../support/model/random.ts'

const RUNS = Number(process.env.POSTERN_FRONT_RUNS ?? 40)
const FIRST_SEED = Number(process.env.POSTERN_TEST_SEED ?? 1)
const STEPS = 60
const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', '$Label1']

/** What a client believes of the mailbox, from nothing but what it was told. */
class Belief {
  readonly messages: { uid: number | undefined; flags: string | undefined }[] = []

  /** Takes a line over; throws where it contradicts what was told before. */
  hear(line: string, mayExpunge: boolean): void {
    const [, number, word, rest = ''] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH)(.*)$/.exec(line) ?? []
    const [, vanished] = /^\* VANISHED ([\d:,]+)$/.exec(line) ?? []
    if (vanished) this.#vanish(vanished)
    if (!mayExpunge && (vanished || word === 'EXPUNGE')) throw new Error(`now of all times: ${line}`)
    const at = Number(number) - 1
    if (word === 'EXISTS') this.#grow(Number(number))
    else if (word !== undefined && !this.messages[at]) throw new Error(`of no message: ${line}`)
    else if (word === 'EXPUNGE') this.messages.splice(at, 1)
    else if (word === 'FETCH') this.#learn(at, rest)
  }

  #grow(count: number): void {
    if (count < this.messages.length) throw new Error(`EXISTS ${count} after ${this.messages.length}`)
    while (this.messages.length < count) this.messages.push({ uid: undefined, flags: undefined })
  }

  #learn(at: number, rest: string): void {
    const message = this.messages[at]
    if (!message) return
    const uid = /UID (\d+)/.exec(rest)?.[1]
    const flags = /FLAGS \(([^)]*)\)/.exec(rest)?.[1]
    if (uid !== undefined) {
      if (message.uid !== undefined && message.uid !== Number(uid))
        throw new Error(`${at + 1} was ${message.uid}: ${rest}`)
      message.uid = Number(uid)
    }
    if (flags !== undefined) message.flags = flags.split(' ').sort().join(' ')
  }

  #vanish(set: string): void {
    for (const range of set.split(',')) {
      const [first = 0, last = first] = range.split(':').map(Number)
      for (let uid = first; uid <= last; uid++) {
        const at = this.messages.findIndex(message => message.uid === uid)
        if (at >= 0) this.messages.splice(at, 1)
      }
    }
  }
}

class Client {
  readonly raw: RawClient
  readonly belief = new Belief()
  readonly #random: () => number

  constructor(raw: RawClient, random: () => number) {
    this.raw = raw
    this.#random = random
  }

  async open(isQresync: boolean): Promise<void> {
    if (isQresync) await this.raw.command('ENABLE QRESYNC')
    await this.say('SELECT INBOX', true)
    await this.learn('FLAGS')
  }

  // VANISHED needs the UIDs. Of flags, only what is told unasked counts.
  async learn(items = 'UID'): Promise<void> {
    if (this.belief.messages.length > 0) await this.say(`UID FETCH 1:* (${items})`, true)
  }

  async say(command: string, mayExpunge: boolean): Promise<string> {
    const answers = await this.raw.command(command)
    for (const line of answers.slice(0, -1)) this.belief.hear(line, mayExpunge)
    return answers.at(-1) ?? ''
  }

  async act(): Promise<void> {
    const { length } = this.belief.messages
    const number = 1 + Math.floor(this.#random() * length)
    const flag = pick(this.#random, FLAGS)
    const sign = this.#random() < 0.7 ? '+' : '-'
    const dice = this.#random()
    if (length === 0 || dice < 0.15) {
      for (const line of await this.raw.append('INBOX', 'Subject: new\r\n\r\nx\r\n')) this.belief.hear(line, true)
      await this.learn()
    } else if (dice < 0.45) await this.say(`STORE ${number} ${sign}FLAGS (${flag})`, false)
    else if (dice < 0.55) await this.say(`FETCH ${number}:* (FLAGS)`, false)
    else if (dice < 0.65) await this.say('EXPUNGE', true)
    else if (dice < 0.75) await this.say(`MOVE ${number} Archive`, true)
    else if (dice < 0.85) await this.say(`COPY ${number} INBOX`, true)
    else await this.say('NOOP', true)
    await this.learn()
  }
}

function somebodyElse(front: ImapFront, random: () => number): void {
  const { server } = front.account
  const uid = pick(random, [...server.folder('INBOX').messages.keys()])
  const dice = random()
  if (uid === undefined || dice < 0.4) front.account.deliver('INBOX', `m${Math.floor(random() * 1e9)}`)
  else if (dice < 0.6) server.expunge('INBOX', uid)
  else if (dice < 0.8) server.store('INBOX', uid, ['\\Answered'], ['\\Seen'])
  else server.move('INBOX', uid, 'Archive')
}

async function live(t: Test, seed: number): Promise<void> {
  const random = randomSource(seed)
  await using front = new ImapFront()
  front.account.deliver('INBOX', 'one', 'two', 'three')
  await front.account.sync()
  const clients = [new Client(await front.connect(), random), new Client(await front.connect(), random)]
  for (const [index, client] of clients.entries()) await client.open(index === 1 && seed % 2 === 0)
  for (let step = 0; step < STEPS; step++) {
    const dice = random()
    if (dice < 0.2) somebodyElse(front, random)
    else if (dice < 0.35) await front.account.sync()
    else await pick(random, clients)?.act()
  }
  await front.account.sync()
  const { read } = front.account.store
  const truth = [...read.items(read.getFolder('INBOX').id)].map(({ localUid }) => localUid).sort((a, b) => a - b)
  for (const client of clients) {
    await client.say('NOOP', true)
    const told = client.belief.messages.map(message => ({ ...message }))
    await client.learn('FLAGS')
    const { messages } = client.belief
    t.same(
      messages.map(({ uid }) => uid),
      truth,
      `seed ${seed}: the UIDs`,
    )
    for (const [index, { flags, uid }] of told.entries()) {
      if (flags !== undefined) t.equal(flags, messages[index]?.flags, `seed ${seed}: the flags of ${uid} were told`)
    }
    await client.raw.close()
  }
}

t.test('two clients and the engine: everybody is told everything, in an order that makes sense', async t => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    await live(t, seed).catch(error => t.fail(`seed ${seed}: ${error.message}`))
    if (t.counts.fail > 3) return
  }
})
