import fc from 'fast-check'
import t from 'tap'
import { packFlags, unpackFlags } from '../../src/store/flags.ts'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount } from '../support/imap/front.ts'
import { MemoryAccount } from '../support/imap/memory-account.ts'
import type { MemoryMailbox } from '../support/imap/memory-mailbox.ts'
import { ModelClient, type ModelKind, spelled } from '../support/imap/model-client.ts'

const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', 'work']
const WHAT = [
  ...(['noop', 'store', 'silent', 'uid store', 'expunge', 'copy', 'append', 'idle', 'learn', 'search'] as const),
  ...(['notify', 'notify'] as const),
] as const
const EVENTS = [
  'SET (selected (MessageNew MessageExpunge FlagChange))',
  'SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge))',
  'SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))',
  'SET (selected (MessageNew MessageExpunge))',
  'SET (selected-delayed (MessageNew (FLAGS) MessageExpunge))',
  'SET (personal (MessageNew MessageExpunge FlagChange MailboxName))',
  'SET (selected NONE)',
  'NONE',
]

/** What somebody else does to the mailbox, whom no session serves. */
interface Intrusion {
  readonly what: 'put' | 'flag' | 'remove' | 'forget' | 'nothing'
  readonly at: number
  readonly flags: readonly string[]
  readonly isTold: boolean
}

interface Step {
  readonly who: 0 | 1
  readonly what: (typeof WHAT)[number]
  readonly at: number
  readonly action: '+' | '-' | ''
  readonly flags: readonly string[]
  /** What NOTIFY asks for. */
  readonly events: string
  /** In between the parts of the step. */
  readonly meanwhile: readonly Intrusion[]
}

const flags = fc.subarray(FLAGS)
const at = fc.nat(20)
const intrusion: fc.Arbitrary<Intrusion> = fc.record({
  what: fc.constantFrom('put', 'flag', 'remove', 'forget', 'nothing', 'nothing'),
  ...{ at, flags, isTold: fc.boolean() },
})
const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(0, 1),
  what: fc.constantFrom(...WHAT),
  events: fc.constantFrom(...EVENTS),
  ...{ at, action: fc.constantFrom('+', '-', ''), flags, meanwhile: fc.array(intrusion, { maxLength: 6 }) },
})
const kind = fc.constantFrom<ModelKind>('plain', 'condstore', 'qresync')

t.test('clients know in the end exactly what is there, whoever has changed it', async t => {
  await fc.assert(
    fc.asyncProperty(kind, kind, fc.array(step, { maxLength: 25 }), async (first, second, steps) => {
      const account = new MemoryAccount()
      const inbox = account.add('INBOX', 'inbox')
      for (const flags of [[], ['\\Seen'], ['\\Deleted']]) inbox.put({ flags })
      const clients = [
        await ImapClient.signedIn(serveAccount(account)),
        await ImapClient.signedIn(serveAccount(account)),
      ]
      const models: ModelClient[] = []
      for (const [index, client] of clients.entries())
        models.push(await ModelClient.open(client, [first, second][index] ?? 'plain'))
      for (const step of steps) await take(step, account, inbox, models)
      for (const model of models) {
        await model.catchUp()
        await model.learn()
        t.same(model.messages, shown(inbox))
      }
      for (const client of clients) await client.end()
    }),
    { numRuns: 300 },
  )
})

async function take(step: Step, account: MemoryAccount, inbox: MemoryMailbox, models: readonly ModelClient[]) {
  const model = models[step.who]
  for (const each of models) await each.settle()
  const queue = [...step.meanwhile]
  account.pause = async () => intrude(queue.shift(), account, inbox)
  const number = model && model.messages.length > 0 ? (step.at % model.messages.length) + 1 : undefined
  if (model && number !== undefined) await obey(step, model, { number, account, inbox, queue })
  account.pause = async () => undefined
}

interface Circumstances {
  readonly number: number
  readonly account: MemoryAccount
  readonly inbox: MemoryMailbox
  readonly queue: Intrusion[]
}

async function obey({ what, action, flags, events }: Step, model: ModelClient, { number, ...world }: Circumstances) {
  const list = `(${flags.join(' ')})`
  switch (what) {
    case 'noop':
      return model.command('NOOP')
    case 'store':
      return model.command(`STORE ${number} ${action}FLAGS ${list}`)
    case 'silent':
      return model.storeSilently(number, action, flags)
    case 'uid store':
      return model.command(`UID STORE ${model.messages[number - 1]?.uid ?? '*'} ${action}FLAGS ${list}`)
    case 'expunge':
      return model.command('EXPUNGE')
    case 'copy':
      return model.command(`COPY ${number} INBOX`)
    case 'append':
      return model.command('APPEND INBOX {3+}\r\nabc')
    case 'search':
      return model.command('SEARCH DELETED')
    case 'notify':
      return model.notify(events)
    case 'learn':
      return model.learn()
    case 'idle':
      return model.idle(async () => {
        for (let next = world.queue.shift(); next; next = world.queue.shift()) {
          intrude({ ...next, isTold: true }, world.account, world.inbox)
          await new Promise(resolve => setImmediate(resolve))
        }
      })
  }
}

function intrude(intrusion: Intrusion | undefined, account: MemoryAccount, inbox: MemoryMailbox): void {
  if (!intrusion) return
  const uids = [...inbox.messages.keys()]
  const uid = uids[intrusion.at % uids.length] ?? 0
  if (intrusion.what === 'put') inbox.put({ flags: intrusion.flags })
  else if (intrusion.what === 'flag') inbox.setFlags(uid, packFlags(intrusion.flags))
  else if (intrusion.what === 'remove') inbox.remove(uid)
  else if (intrusion.what === 'forget') inbox.forget()
  if (intrusion.isTold) account.tell({ kind: 'mailbox', mailbox: inbox.id })
}

function shown({ messages }: MemoryMailbox) {
  return Array.from(messages.values(), ({ uid, flags }) => ({ uid, flags: spelled(unpackFlags(flags)) }))
}
