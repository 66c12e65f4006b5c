import { pino } from 'pino'
import t, { type Test } from 'tap'
import { UidSet } from '../../src/formats/imap/uid-set.ts'
import type { FolderFailure } from '../../src/sync/progress.ts'
import { pushMoves } from '../../src/sync/push/push-moves.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { addItem, storeWithInbox } from '../support/store.ts'

const MESSAGES = 8
const REFUSED = 3
const CUT = 'the connection is cut'

/** What a server does with a MOVE or COPY: untagged lines, and NO with these words unless it says OK. */
interface Conduct {
  readonly transfer: (uids: readonly number[], server: Mailbox) => { readonly lines?: string; readonly no?: string }
  readonly capabilities?: string
  readonly others?: (command: string) => string | undefined
}

/** The Inbox of the server, and what was put into the Archive. */
class Mailbox {
  readonly here = new Set(Array.from({ length: MESSAGES }, (_, index) => index + 1))
  readonly archive: number[] = []

  /** Gives the COPYUID code. */
  take(uids: readonly number[], isMove = true): string {
    const taken = uids.filter(uid => this.here.has(uid))
    if (taken.length === 0) return ''
    const first = this.archive.push(...taken) - taken.length + 1
    if (isMove) for (const uid of taken) this.here.delete(uid)
    return `* OK [COPYUID 9 ${taken.join(',')} ${taken.map((_, index) => first + index).join(',')}] done\r\n`
  }
}

/** Pushes the move of all messages of the Inbox to the Archive, once. */
async function pushAll(t: Test, { transfer, capabilities = 'MOVE UIDPLUS', others }: Conduct) {
  const { store, inbox } = storeWithInbox(t)
  for (let uid = 1; uid <= MESSAGES; uid++) await addItem(store, inbox, uid)
  store.transact(transactor => {
    const facts = { delimiter: '/', role: undefined, isSelectable: true, isExcluded: false, rights: undefined }
    transactor.putFolder({ path: 'Archive', ...facts })
    const archive = store.read.getFolder('Archive').id
    transactor.setPosition(archive, { uidValidity: 9, uidNext: 1, highestModseq: 1n }, true)
    for (const { id } of store.read.items(inbox)) transactor.local.move(id, archive)
  })
  const mailbox = new Mailbox()
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, (command, socket) => {
      const own = others?.(command)
      if (own !== undefined) return own
      if (command.startsWith('SELECT')) return '* 8 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE] done\r\n'
      const [, verb, words = ''] = /^UID (FETCH|MOVE|COPY) (\S+)/.exec(command) ?? []
      const uids = [...mailbox.here].filter(uid => UidSet.parse(words)?.has(uid))
      if (verb === 'FETCH') {
        const lines = uids.map((uid, index) => `* ${index + 1} FETCH (UID ${uid} FLAGS ())\r\n`)
        return `${lines.join('')}TAG OK done\r\n`
      }
      if (verb === undefined) return undefined
      const { lines = '', no } = transfer(uids, mailbox)
      if (no === CUT) {
        socket.end()
        return undefined
      }
      return `${lines}TAG ${no === undefined ? 'OK done' : `NO ${no}`}\r\n`
    }),
  )
  await using remote = await connectTo(server)
  const refused: FolderFailure[] = []
  const told = { onUploaded: () => undefined, onRefused: (failure: FolderFailure) => refused.push(failure) }
  const options = { store, remote, log: pino({ level: 'silent' }), clock: () => 0, settings: DEFAULT_SYNC_SETTINGS }
  const failure = await pushMoves({ ...options, ...told }).catch((error: unknown) => error)
  const shown = (path: string) => {
    const items = [...store.read.items(store.read.getFolder(path).id)]
    return items.map(({ messageId = '' }) => Number(messageId.slice(1, -3))).toSorted()
  }
  const entries = store.database.all(`SELECT detail FROM ledger WHERE event = 'move-reverted'`)
  return {
    mailbox,
    refused,
    failure,
    store,
    commands: server.received.map(line => line.replace(/^\S+ /, '')).filter(line => /^(UID|CREATE)/.test(line)),
    sent: server.received.flatMap(line => /UID (?:MOVE|COPY) (\S+)/.exec(line)?.[1] ?? []),
    inbox: shown('INBOX'),
    archive: shown('Archive'),
    inflight: store.read.pending.inflight().length,
    waiting: store.read.pending.moves(inbox).map(({ uid }) => uid),
    reverted: entries.map(({ detail }) => String(detail)),
  }
}

const ALL = Array.from({ length: MESSAGES }, (_, index) => index + 1)
const OTHERS = ALL.filter(uid => uid !== REFUSED)
const HALVES = ['1:8', '1:4', '5:8', '1:2', '3:4', '3', '4']
const SERVER_BUG = '[SERVERBUG] internal error'

for (const [verb, capabilities] of [
  ['MOVE', 'MOVE UIDPLUS'],
  ['COPY', 'UIDPLUS'],
] as const) {
  t.test(`a ${verb} that is refused for one message: the others are moved, its own is undone and told`, async t => {
    const pushed = await pushAll(t, {
      capabilities,
      transfer: (uids, mailbox) =>
        uids.includes(REFUSED) ? { no: 'that message is locked' } : { lines: mailbox.take(uids, verb === 'MOVE') },
    })
    t.same(pushed.sent, HALVES)
    t.same(pushed.mailbox.archive.toSorted(), OTHERS, 'each is there once')
    t.same([pushed.inbox, pushed.archive, pushed.inflight, pushed.waiting], [[REFUSED], OTHERS, 0, []])
    t.match(pushed.refused, [{ folder: 'Archive', code: 'UPSTREAM_REFUSED', message: /that message is locked/ }])
    t.equal(pushed.refused.length, 1)
    t.match(pushed.reverted, [/that message is locked/])
    t.equal(pushed.reverted.length, 1)
    const leftovers = pushed.store.read.pending.leftovers(pushed.store.read.getFolder('INBOX').id, 1)
    t.same(leftovers, verb === 'COPY' ? OTHERS : [], 'what is left to be removed')
  })
}

// RFC 6851 section 3.3: each message is either moved or unaffected, whatever the tagged answer is.
for (const isTold of [true, false]) {
  t.test(`what is moved before the refusal is not sent again, its new UIDs told: ${isTold}`, async t => {
    const pushed = await pushAll(t, {
      transfer: (uids, mailbox) => {
        const before = uids.filter(uid => uid < REFUSED)
        if (!uids.includes(REFUSED)) return { lines: mailbox.take(uids) }
        const lines = mailbox.take(before)
        return { no: 'that message is locked', lines: isTold ? lines : '' }
      },
    })
    t.same(pushed.sent, ['1:8', '3:4', '5:8', '3:4', '3', '4'])
    t.same(pushed.mailbox.archive.toSorted(), OTHERS, 'each is there once')
    t.same([pushed.inbox, pushed.archive], [[REFUSED], OTHERS])
    t.equal(pushed.inflight, isTold ? 0 : 2, 'PLAN finds those whose UID is not known')
    t.equal(pushed.refused.length, 1)
  })
}

t.test('a message that is moved although its own move was refused is not brought back', async t => {
  const transfer: Conduct['transfer'] = (uids, mailbox) => ({ lines: mailbox.take(uids), no: 'something is wrong' })
  const pushed = await pushAll(t, { transfer })
  t.same([pushed.inbox, pushed.archive, pushed.inflight, pushed.sent], [[], ALL, 0, ['1:8']])
})

t.test('a message with a new UID that is still where it was is left to PLAN', async t => {
  const pushed = await pushAll(t, {
    transfer: (uids, mailbox) => (uids.includes(REFUSED) ? { lines: mailbox.take(uids, false), no: 'undone' } : {}),
  })
  t.same([pushed.inbox, pushed.archive, pushed.inflight, pushed.sent], [[], ALL, MESSAGES, ['1:8']])
})

t.test('a refusal that concerns all is not halved: all are undone', async t => {
  for (const no of ['[OVERQUOTA] full', '[NOPERM] no', 'Permission denied', '[TRYCREATE] still not there']) {
    const pushed = await pushAll(t, {
      transfer: () => ({ no }),
      others: command => (/^(CREATE|SUBSCRIBE)/.test(command) ? 'TAG OK done\r\n' : undefined),
    })
    t.same([pushed.inbox, pushed.archive, pushed.inflight], [ALL, [], 0], no)
    t.same(new Set(pushed.sent), new Set(['1:8']), no)
    t.equal(pushed.refused.length, 1, no)
    t.equal(pushed.reverted.length, MESSAGES, no)
  }
})

t.test('no room for the rest: what is moved stays moved', async t => {
  const transfer: Conduct['transfer'] = (uids, mailbox) => ({
    lines: mailbox.take(uids.slice(0, 5)),
    no: '[OVERQUOTA] full',
  })
  const pushed = await pushAll(t, { transfer })
  t.same([pushed.inbox, pushed.archive, pushed.sent], [[6, 7, 8], [1, 2, 3, 4, 5], ['1:8']])
})

t.test('no time now, in the middle: what is not moved is told again by the next cycle', async t => {
  const transfer: Conduct['transfer'] = (uids, mailbox) =>
    uids.length > 4 ? { no: 'halve it' } : uids.includes(8) ? { no: '[INUSE] later' } : { lines: mailbox.take(uids) }
  const pushed = await pushAll(t, { transfer })
  t.same([pushed.inbox, pushed.archive, pushed.waiting], [[], ALL, [5, 6, 7, 8]])
  t.same([pushed.inflight, pushed.reverted], [0, []])
})

t.test('a message that the server cannot read keeps no other from being moved, and is told again', async t => {
  const pushed = await pushAll(t, {
    transfer: (uids, mailbox) => (uids.includes(REFUSED) ? { no: SERVER_BUG } : { lines: mailbox.take(uids) }),
  })
  t.same([pushed.sent, pushed.inbox, pushed.archive], [HALVES, [], ALL])
  t.same([pushed.waiting, pushed.inflight, pushed.refused.length], [[REFUSED], 0, 1])
})

t.test('a server that refuses all alike is asked 15 times at most', async t => {
  const pushed = await pushAll(t, { transfer: () => ({ no: 'no' }) })
  t.equal(pushed.sent.length, 15)
  t.same([pushed.inbox, pushed.inflight, pushed.refused.length], [ALL, 0, 1])
})

t.test('a destination that cannot be made again is asked for once', async t => {
  const pushed = await pushAll(t, {
    transfer: () => ({ no: '[TRYCREATE] gone' }),
    others: command => (/^(CREATE|STATUS)/.test(command) ? 'TAG NO you may make none\r\n' : undefined),
  })
  t.equal(pushed.commands.filter(line => line.startsWith('CREATE')).length, 1)
  t.match(pushed.refused, [{ message: /you may make none/ }])
  t.same([pushed.inbox, pushed.inflight], [ALL, 0])
})

t.test('when nobody can tell which are moved, they stay in flight', async t => {
  const pushed = await pushAll(t, {
    transfer: () => ({ no: 'no' }),
    others: command => (command.startsWith('UID FETCH') ? 'TAG NO not now\r\n' : undefined),
  })
  t.same([pushed.sent, pushed.inflight, pushed.reverted], [['1:8'], MESSAGES, []])
  t.match(pushed.refused, [{ folder: 'Archive', message: /not now/ }])
})

t.test('a connection that is lost between the halves leaves in flight what has no answer', async t => {
  const transfer: Conduct['transfer'] = (uids, mailbox) =>
    uids.length > 4 ? { no: 'halve it' } : uids.includes(8) ? { no: CUT } : { lines: mailbox.take(uids) }
  const pushed = await pushAll(t, { transfer })
  t.match(pushed.failure, { code: 'UPSTREAM_LOST' })
  t.same([pushed.inbox, pushed.archive, pushed.inflight, pushed.reverted], [[], ALL, 4, []])
})
