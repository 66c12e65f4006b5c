import { deepStrictEqual as deepEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { packFlags } from '../../../src/store/flags.ts'
import { ImapClient } from '../../support/imap/client.ts'
import { serveAccount, someAccount } from '../../support/imap/front.ts'
import type { MemoryAccount } from '../../support/imap/memory-account.ts'

const NAMES = ['Sent', 'a', 'b', 'a/b', 'a/b/c', 'Büro', 'd']
const EVENTS = '(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)'

const NOTHING = 'MESSAGES 0 UIDNEXT 1 UNSEEN 0'

/** What somebody else does to the account. */
interface Intrusion {
  readonly what: 'put' | 'flag' | 'remove' | 'add' | 'rename' | 'delete' | 'subscribe'
  readonly at: number
  readonly name: string
  readonly isTold: boolean
}

/** What the client does, and what happens in between the parts of it. */
interface Step {
  readonly what: 'noop' | 'idle' | 'append' | 'create' | 'rename' | 'delete' | 'subscribe' | 'open' | 'close' | 'again'
  readonly name: string
  readonly other: string
  readonly meanwhile: readonly Intrusion[]
}

const name = fc.constantFrom(...NAMES)
const intrusion: fc.Arbitrary<Intrusion> = fc.record({
  what: fc.constantFrom('put', 'put', 'flag', 'remove', 'add', 'rename', 'rename', 'delete', 'subscribe'),
  ...{ at: fc.nat(30), name, isTold: fc.boolean() },
})
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...(['noop', 'idle', 'append', 'create', 'rename', 'delete', 'subscribe', 'open', 'close', 'again'] as const),
  ),
  ...{ name, other: name, meanwhile: fc.array(intrusion, { maxLength: 5 }) },
})

t.test('a client that is told of all mailboxes knows in the end what there is, and what is in it', async t => {
  const found = fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async steps => {
      const account = someAccount()
      const watcher = new Watcher(await ImapClient.signedIn(serveAccount(account)))
      await watcher.begin()
      for (const step of steps) {
        const queue = [...step.meanwhile]
        // What is told of a mailbox that is being opened would be older than what the client asks for itself.
        if (step.what !== 'open') account.pause = async () => intrude(queue.shift(), account, watcher.openId)
        await watcher.take(step, () => {
          for (let next = queue.shift(); next; next = queue.shift())
            intrude({ ...next, isTold: true }, account, watcher.openId)
        })
        account.pause = async () => undefined
      }
      for (const { id } of account.boxes) account.tell({ kind: 'mailbox', mailbox: id })
      account.tell({ kind: 'mailboxes' })
      await watcher.take({ what: 'close', name: '', other: '', meanwhile: [] }, () => undefined)
      await watcher.say('NOOP')
      deepEqual(watcher.known, shown(account))
      await watcher.end()
    }),
    { numRuns: 400 },
  )
  await t.resolves(found)
})

/** Believes what it is told by STATUS and LIST, and of its own changes nothing but that they were obeyed. */
class Watcher {
  readonly #client: ImapClient
  readonly #mailboxes = new Map<string, { isSubscribed: boolean; counters: string }>()
  #isTelling = false
  /** The mailbox that was opened last: whoever loses an open one is let go. */
  openId = 0

  constructor(client: ImapClient) {
    this.#client = client
  }

  get known() {
    return Object.fromEntries([...this.#mailboxes].sort(([left], [right]) => (left < right ? -1 : 1)))
  }

  async begin(): Promise<void> {
    await this.say('ENABLE UTF8=ACCEPT')
    await this.say('LIST "" * RETURN (SUBSCRIBED)')
    await this.say(`NOTIFY SET STATUS (personal ${EVENTS})`)
    this.#isTelling = true
  }

  end(): Promise<void> {
    return this.#client.end()
  }

  async take({ what, name, other }: Step, happens: () => void): Promise<void> {
    // An open mailbox is told of by other means, and stays the same whatever it is called.
    if (['again', 'create', 'rename'].includes(what)) await this.say('UNSELECT')
    const utf8 = (text: string) => `"${Buffer.from(text).toString('latin1')}"`
    switch (what) {
      case 'noop':
        return void (await this.say('NOOP'))
      case 'again':
        return void (await this.say(`NOTIFY SET STATUS (inboxes ${EVENTS})`))
      case 'idle':
        this.#hear(await this.#client.send('i IDLE\r\n').until(/^\+ .*\r\n/m))
        happens()
        for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
        return this.#hear(await this.#client.send('DONE\r\n').until(/^i .*\r\n/m))
      case 'append':
        return void (await this.say(`APPEND ${utf8(name)} {3+}\r\nabc`))
      case 'create':
        if (await this.say(`CREATE ${utf8(name)}`)) this.#made(name)
        return
      case 'rename':
        if (await this.say(`RENAME ${utf8(name)} ${utf8(other)}`)) this.#rename(name, other)
        return
      case 'delete':
        if (await this.say(`DELETE ${utf8(name)}`)) this.#mailboxes.delete(name)
        return
      case 'subscribe':
        if (!this.#mailboxes.has(name)) return
        if (await this.say(`SUBSCRIBE ${utf8(name)}`)) this.#put(name, true)
        return
      case 'open':
        await this.say('UNSELECT')
        return this.#mailboxes.has(name) ? this.#open(utf8(name)) : undefined
      case 'close':
        return void (await this.say('UNSELECT'))
    }
  }

  async #open(name: string): Promise<void> {
    const isOpen = await this.say(`EXAMINE ${name}`)
    if (isOpen) await this.say(`STATUS ${name} (MESSAGES UIDNEXT UNSEEN)`)
  }

  /** Says a command; false when it was not obeyed. */
  async say(command: string): Promise<boolean> {
    const answer = await this.#client.command(command)
    this.#hear(answer)
    this.openId = Number(/MAILBOXID \(F(\d+)\)\] the mailbox itself/.exec(answer)?.[1] ?? this.openId)
    return /^t\d+ OK/m.test(answer)
  }

  #hear(text: string): void {
    for (const line of Buffer.from(text, 'latin1').toString().split('\r\n')) {
      const [, attributes = '', path = '', oldName] =
        /^\* LIST \((.*?)\) "\/" "(.*?)"(?: \("OLDNAME" \("(.*)"\)\))?$/.exec(line) ?? []
      const [, box = '', counters] = /^\* STATUS "(.*)" \((.*)\)$/.exec(line) ?? []
      if (counters !== undefined) this.#counted(box, counters)
      else if (oldName !== undefined) this.#move(oldName, path)
      if (line.startsWith('* LIST')) this.#listed(path, attributes)
      else if (/^\* (BYE|BAD)/.test(line)) throw new Error(`the server says ${line}`)
    }
  }

  #listed(path: string, attributes: string): void {
    if (!attributes.includes('\\NonExistent')) this.#put(path, attributes.includes('\\Subscribed'))
    else if (!this.#mailboxes.delete(path) && this.#isTelling) throw new Error(`${path} was not there`)
  }

  #counted(path: string, counters: string): void {
    const mailbox = this.#mailboxes.get(path)
    if (!mailbox) throw new Error(`a STATUS of ${path}, which is not there`)
    mailbox.counters = counters.replace(/UIDVALIDITY 7 | HIGHESTMODSEQ \d+/g, '')
  }

  #made(path: string): void {
    this.#mailboxes.set(path, { counters: NOTHING, isSubscribed: true })
  }

  #put(path: string, isSubscribed: boolean): void {
    this.#mailboxes.set(path, { counters: NOTHING, ...this.#mailboxes.get(path), isSubscribed })
  }

  /** What is below it has its name of it. */
  #rename(from: string, to: string): void {
    for (const path of [...this.#mailboxes.keys()]) {
      if (path === from || path.startsWith(`${from}/`)) this.#move(path, to + path.slice(from.length))
    }
  }

  #move(from: string, to: string): void {
    const mailbox = this.#mailboxes.get(from)
    if (!mailbox) throw new Error(`${from} was not there`)
    this.#mailboxes.delete(from)
    this.#mailboxes.set(to, mailbox)
  }
}

function intrude(intrusion: Intrusion | undefined, account: MemoryAccount, spared: number): void {
  if (!intrusion) return
  const { what, at, name, isTold } = intrusion
  const box = account.boxes[at % account.boxes.length]
  if (!box) return
  const isFree = !account.boxes.some(({ path }) => path === name || path.startsWith(`${name}/`))
  const uid = [...box.messages.keys()][0] ?? 0
  if (what === 'put') box.put()
  else if (what === 'flag') box.setFlags(uid, packFlags(at % 2 === 0 ? ['\\Seen'] : []))
  else if (what === 'remove') box.remove(uid)
  else if (what === 'add' && isFree) account.add(name)
  else if (what === 'rename' && isFree && box.role !== 'inbox') box.path = name
  else if (what === 'subscribe') box.isSubscribed = at % 2 === 0
  else if (what === 'delete' && box.role !== 'inbox' && box.id !== spared)
    account.boxes.splice(account.boxes.indexOf(box), 1)
  if (!isTold) return
  account.tell({ kind: 'mailbox', mailbox: box.id })
  account.tell({ kind: 'mailboxes' })
}

function shown(account: MemoryAccount) {
  const boxes = account.boxes.toSorted((left, right) => (left.path < right.path ? -1 : 1))
  return Object.fromEntries(
    boxes.map(({ path, isSubscribed, counters: { messages, uidNext, unseen } }) => [
      path,
      { counters: `MESSAGES ${messages} UIDNEXT ${uidNext} UNSEEN ${unseen}`, isSubscribed },
    ]),
  )
}
