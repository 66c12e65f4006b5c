import t from 'tap'
import { MailAccount } from '../../../src/daemon/mail-view/mail-account.ts'
import { checkStore } from '../../../src/store/maintenance/repair/check-store.ts'
import { ImapFront, type LineClient } from '../../support/imap-front.ts'
import { ModelFolder } from '../../support/model/server.ts'
import { messageOf } from '../../support/model-account.ts'
import { finish } from '../../support/store.ts'

const NOPERM = /^NO \[NOPERM\]/

/** Changes messages here that are deleted on the server before it knows: the versions of here lose, and are kept. */
async function losing(front: ImapFront, ...subjects: readonly string[]): Promise<void> {
  const { account } = front
  account.deliver('INBOX', ...subjects)
  await account.sync()
  const { id: folder } = account.store.read.getFolder('INBOX')
  const items = account.items('INBOX').filter(({ subject }) => subjects.includes(subject ?? ''))
  await account.change({ kind: 'flag', items: items.map(({ id }) => id), add: ['\\Flagged'], remove: [] })
  for (const { uid } of items) {
    account.server.expunge('INBOX', uid)
    account.store.transact(transactor => transactor.vanish(folder, account.server.folder('INBOX').uidValidity, uid))
  }
  for (let run = 0; run < 3; run++) await account.sync()
}

const conflictIds = ({ account }: ImapFront) => account.store.read.kept.conflicts().map(({ id }) => id)

async function listed(client: LineClient): Promise<string[]> {
  return (await client.command('LIST "" "Conf*"')).slice(0, -1)
}

t.test('versions that lost a conflict are a mailbox of their own, as long as there are any', async t => {
  const front = new ImapFront()
  try {
    front.account.deliver('INBOX', 'stays')
    await front.account.sync()
    const client = await front.connect()
    t.same(await listed(client), [])
    await losing(front, 'one', 'two')
    t.same(conflictIds(front), [1, 2])
    t.same(await listed(client), ['* LIST (\\HasNoChildren) "/" "Conflicts"'])
    t.same(await client.command('LIST (SUBSCRIBED) "" "Conflicts"'), [
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Conflicts"',
      'OK',
    ])
    t.match(await client.command('STATUS Conflicts (MESSAGES UIDNEXT UNSEEN DELETED)'), [
      '* STATUS "Conflicts" (MESSAGES 2 UIDNEXT 3 UNSEEN 2 DELETED 0)',
    ])
    await front.account.change({ kind: 'discardConflicts', conflicts: [1, 2] })
    t.same(await listed(client), [])
    t.match(await client.command('SELECT Conflicts'), [/^NO \[NONEXISTENT\]/])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('they are opened, read and searched like any message', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one', 'two')
    const client = await front.connect()
    const opened = await client.command('SELECT Conflicts')
    t.ok(opened.includes('* 2 EXISTS'))
    t.equal(opened.at(-1), 'OK [READ-ONLY]')
    const { localUidValidity } = Object(
      front.account.store.database.find(
        `SELECT local_uid_validity AS localUidValidity FROM folder WHERE path = 'INBOX'`,
      ),
    )
    t.ok(
      opened.some(line => line.includes(`UIDVALIDITY ${localUidValidity + 1_000_000_000}]`)),
      'it is another mailbox when all are',
    )
    t.same(await client.command('UID FETCH 2 (FLAGS EMAILID BODY[])'), [
      `* 2 FETCH (UID 2 FLAGS (\\Flagged) EMAILID (E-2) BODY[] {${messageOf('two').length}}`,
      ...messageOf('two').toString().split('\r\n').slice(0, -1),
      ')',
      'OK',
    ])
    t.match((await client.command('FETCH 1 (ENVELOPE BODYSTRUCTURE PREVIEW SAVEDATE)'))[0], /"one".*TEXT/i)
    t.same(await client.command('FETCH 2 (FLAGS)'), ['* 2 FETCH (FLAGS (\\Flagged))', 'OK'], 'reading changes nothing')
    t.same(await client.command('SEARCH SUBJECT two FLAGGED'), ['* SEARCH 2', 'OK'])
    t.same(await client.command('SEARCH TEXT "Message-ID: <one@x>"'), ['* SEARCH 1', 'OK'])
    t.same(await client.command('SEARCH EMAILID E-2'), ['* SEARCH 2', 'OK'])
    t.same(await client.command('SORT (REVERSE SUBJECT) UTF-8 ALL'), ['* SORT 2 1', 'OK'])
    t.same(await client.command('THREAD REFERENCES UTF-8 ALL'), ['* THREAD (1)(2)', 'OK'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('every change is refused, with a word on what can be done instead', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one')
    const client = await front.connect()
    await client.command('SELECT Conflicts')
    const commands = [
      ...['STORE 1 +FLAGS (\\Seen)', 'EXPUNGE', 'UID EXPUNGE 1', 'MOVE 1 INBOX', 'COPY 1 Conflicts'],
      ...['RENAME Conflicts Mine', 'DELETE Conflicts', 'UNSUBSCRIBE Conflicts'],
    ]
    for (const command of commands) {
      client.write(`x ${command}\r\n`)
      t.match(await client.line(), /^x NO \[NOPERM\] .*COPY one elsewhere, or see postern conflict restore/, command)
    }
    t.match(await client.append('Conflicts', 'Subject: x\r\n\r\n'), [NOPERM])
    t.match(await client.command('CREATE Conflicts'), [/^NO \[ALREADYEXISTS\]/])
    t.match(await client.command('SUBSCRIBE Conflicts'), ['OK'])
    t.match(await client.command('CLOSE'), ['OK'])
    t.same(conflictIds(front), [1])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a version is taken back by COPY, and stays kept', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one', 'two')
    const client = await front.connect()
    await client.command('SELECT Conflicts')
    t.match(await client.command('COPY 1:2 Archive'), [/^OK \[COPYUID \d+ 1:2 1:2\]$/])
    for (let run = 0; run < 2; run++) await front.account.sync()
    t.same(front.account.serverSubjects('Archive'), ['one', 'two'])
    t.same([...(front.account.server.folder('Archive').messages.get(1)?.flags ?? [])], ['\\Flagged'])
    t.same(conflictIds(front), [1, 2])
    t.match(finish(checkStore(front.account.dir, { isFull: true })), { ok: true })
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('who has it open is told what comes and goes, to the last one', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one', 'two')
    const client = await front.connect()
    await client.command('ENABLE QRESYNC')
    const opened = (await client.command('SELECT Conflicts')).join()
    const [validity, modseq] = ['UIDVALIDITY', 'HIGHESTMODSEQ'].map(
      name => new RegExp(`${name} (\\d+)`).exec(opened)?.[1],
    )
    await front.account.change({ kind: 'restoreConflicts', conflicts: [1], target: undefined })
    t.match(await client.command('NOOP'), ['* VANISHED 1', 'OK'])
    await losing(front, 'three')
    t.match(await client.command('NOOP'), ['* 2 EXISTS'])
    await front.account.change({ kind: 'discardConflicts', conflicts: [2, 3] })
    t.match(await client.command('NOOP'), ['* VANISHED 2:3', 'OK'])
    t.match(await client.command('NOOP'), ['OK'], 'it is empty, and open')
    t.same(await listed(client), [])
    await losing(front, 'four')
    const again = await client.command(`SELECT Conflicts (QRESYNC (${validity} ${modseq}))`)
    t.ok(again.includes('* VANISHED (EARLIER) 1:3'))
    t.ok(again.some(line => /^\* 1 FETCH \(UID 4 /.test(line)))
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('an idle client is told when a version is restored', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one')
    const client = await front.connect()
    await client.command('SELECT Conflicts')
    client.write('i IDLE\r\n')
    t.match(await client.line(), /^\+/)
    await front.account.change({ kind: 'restoreConflicts', conflicts: [1], target: undefined })
    t.equal(await client.line(), '* 1 EXPUNGE')
    client.write('DONE\r\n')
    t.match(await client.answerOf('i'), ['OK'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('its name is one that no folder has', async t => {
  const front = new ImapFront()
  try {
    await front.account.change({ kind: 'createFolder', path: 'conflicts' })
    await losing(front, 'one')
    const client = await front.connect()
    const names = async () =>
      (await client.command('LIST "" "*onflicts*"')).slice(0, -1).map(line => line.split('"')[3])
    t.same(await names(), ['Conflicts 2', 'conflicts'])
    await front.account.change({ kind: 'createFolder', path: 'Conflicts 2' })
    t.same(await names(), ['Conflicts 2', 'Conflicts 3', 'conflicts'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('of a version that was kept as a header, the header is read and no more', async t => {
  const front = new ImapFront()
  try {
    await losing(front, 'one')
    front.account.store.database.exec(`UPDATE conflict SET body_state = 'header', size = size + 1000`)
    const client = await front.connect()
    await client.command('SELECT Conflicts')
    t.match(await client.command('FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)])'), [/^\* 1 FETCH/, 'Subject: one'])
    t.match(await client.command('FETCH 1 (BODY.PEEK[])'), [/^NO \[UNAVAILABLE\]/])
    t.match(await client.command('COPY 1 Archive'), [/^NO \[UNAVAILABLE\]/])
    t.same(front.fetched, [], 'nobody asks the server for it')
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('the list of mailboxes is news when the first version comes and when the last one goes', async t => {
  const front = new ImapFront()
  const news: string[] = []
  const { watch } = MailAccount.prototype
  MailAccount.prototype.watch = function (this: MailAccount, onNews) {
    return watch.call(this, each => {
      news.push(each.kind === 'mailbox' ? String(each.mailbox) : each.kind)
      onNews(each)
    })
  }
  try {
    await front.account.sync()
    const client = await front.connect()
    await client.command('NOOP')
    await losing(front, 'one')
    await client.command('NOOP')
    t.ok(news.includes('0') && news.includes('mailboxes'))
    news.length = 0
    await front.account.change({ kind: 'discardConflicts', conflicts: [1] })
    await client.command('NOOP')
    t.same(news, ['0', 'mailboxes'])
    await client.close()
  } finally {
    MailAccount.prototype.watch = watch
    await front[Symbol.asyncDispose]()
  }
})

t.test('the mailbox is none that a folder of its name has been', async t => {
  const front = new ImapFront()
  try {
    const { account } = front
    account.server.folders.set('Conflicts', new ModelFolder())
    account.deliver('Conflicts', 'real')
    await account.sync()
    const client = await front.connect()
    const validity = async () => (await client.command('STATUS Conflicts (UIDVALIDITY)'))[0]
    const before = await validity()
    t.match(before, /UIDVALIDITY \d+/)
    t.match(await client.command('DELETE Conflicts'), [/^OK/])
    for (let run = 0; run < 3; run++) await account.sync()
    await losing(front, 'lost')
    t.match(await validity(), /UIDVALIDITY \d+/)
    t.not(await validity(), before)
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})
