import t, { type Test } from 'tap'
import { unpackFlags } from '../../../src/store/flags.ts'
import { ImapClient } from '../../support/imap/client.ts'
import { ModelClient, spelled } from '../../support/imap/model-client.ts'
import { ImapFront } from '../../support/imap-front.ts'
import { pick, randomSource } from '../../support/model/random.ts'

const RUNS = Number(process.env.POSTERN_FRONT_RUNS ?? 40)
const FIRST_SEED = Number(process.env.POSTERN_TEST_SEED ?? 1)
const STEPS = 60
const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', '$Label1']
const LETTER = 'Subject: new\r\n\r\nx\r\n'
const KINDS = ['plain', 'condstore', 'qresync'] as const

async function act(model: ModelClient, random: () => number): Promise<void> {
  const { length } = model.messages
  const number = 1 + Math.floor(random() * length)
  const flag = pick(random, FLAGS) ?? ''
  const sign = random() < 0.7 ? '+' : '-'
  const dice = random()
  if (length === 0 || dice < 0.15) await model.command(`APPEND INBOX {${LETTER.length}+}\r\n${LETTER}`)
  else if (dice < 0.3) await model.command(`STORE ${number} ${sign}FLAGS (${flag})`)
  else if (dice < 0.45) await model.storeSilently(number, sign, [flag])
  else if (dice < 0.55) await model.command(`FETCH ${number}:* (FLAGS)`)
  else if (dice < 0.65) await model.command('EXPUNGE')
  else if (dice < 0.75) await model.command(`MOVE ${number} Archive`)
  else if (dice < 0.85) await model.command(`COPY ${number} INBOX`)
  else await model.command('NOOP')
}

function somebodyElse({ account }: ImapFront, random: () => number): void {
  const { server } = account
  const uid = pick(random, [...server.folder('INBOX').messages.keys()])
  const dice = random()
  if (uid === undefined || dice < 0.4) account.deliver('INBOX', `m${Math.floor(random() * 1e9)}`)
  else if (dice < 0.6) server.expunge('INBOX', uid)
  else if (dice < 0.8) server.store('INBOX', uid, ['\\Answered'], ['\\Seen'])
  else server.move('INBOX', uid, 'Archive')
}

async function live(t: Test, seed: number): Promise<void> {
  const random = randomSource(seed)
  await using front = new ImapFront()
  front.account.deliver('INBOX', 'one', 'two', 'three')
  await front.account.sync()
  const clients = [await ImapClient.signedIn(front.serve), await ImapClient.signedIn(front.serve)]
  const models: ModelClient[] = []
  for (const client of clients) models.push(await ModelClient.open(client, pick(random, KINDS) ?? 'plain'))
  for (const model of models) await model.learn()
  for (let step = 0; step < STEPS; step++) {
    const dice = random()
    if (dice < 0.2) somebodyElse(front, random)
    else if (dice < 0.35) await front.account.sync()
    else await act(pick(random, models) ?? fail(), random)
  }
  await front.account.sync()
  const shown = front.account.items('INBOX').map(({ localUid, flags }) => ({
    uid: localUid,
    flags: spelled(unpackFlags(flags)),
  }))
  const inOrder = shown.toSorted((left, right) => left.uid - right.uid)
  for (const model of models) {
    await model.command('NOOP')
    await model.learn()
    t.same(model.messages, inOrder, `seed ${seed}`)
  }
  for (const client of clients) await client.end()
}

function fail(): never {
  throw new Error('there is no client')
}

t.test('on a real store, two clients and the engine: everybody is told everything', async t => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    await live(t, seed).catch(error => t.fail(`seed ${seed}: ${error.message}`))
    if (t.counts.fail > 3) return
  }
})
