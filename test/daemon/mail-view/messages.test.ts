import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { PosternError } from '../../../src/errors.ts'
import { ImapFront } from '../../support/imap-front.ts'

async function opened(...subjects: readonly string[]) {
  const front = new ImapFront()
  front.account.deliver('INBOX', ...subjects)
  await front.account.sync()
  const client = await front.connect()
  await client.command('SELECT INBOX')
  return { front, client }
}

t.test('a mailbox is opened with all that a client needs to know', async t => {
  const { front, client } = await opened('one', 'two')
  await using _front = front
  const answers = await client.command('SELECT INBOX')
  const patterns = [
    /^\* OK \[CLOSED\]/,
    '* 2 EXISTS',
    '* 0 RECENT',
    /^\* FLAGS \(\\Answered \\Flagged \\Deleted \\Seen \\Draft /,
    /PERMANENTFLAGS .*\\\*/,
    /UNSEEN 1\]/,
    /UIDVALIDITY \d+/,
    /UIDNEXT \d+/,
    /HIGHESTMODSEQ \d+/,
    /MAILBOXID/,
    'OK [READ-WRITE]',
  ]
  t.equal(answers.length, patterns.length)
  for (const [index, pattern] of patterns.entries()) t.match(answers[index], pattern)
  t.match((await client.command('EXAMINE INBOX')).at(-1), 'OK [READ-ONLY]')
  for (const command of ['STORE 1 +FLAGS (\\Seen)', 'EXPUNGE', 'MOVE 1 Archive']) {
    t.match(await client.command(command), [/^NO \[NOPERM\]/], command)
  }
  await client.close()
})

t.test('flags are stored and told, silently or not', async t => {
  const { front, client } = await opened('one', 'two', 'three')
  await using _front = front
  t.same(await client.command('STORE 1,3 +FLAGS (\\Seen $Label1)'), [
    '* 1 FETCH (FLAGS (\\Seen $Label1))',
    '* 3 FETCH (FLAGS (\\Seen $Label1))',
    'OK',
  ])
  t.same(await client.command('UID STORE 2 FLAGS.SILENT (\\Flagged)'), ['OK'])
  t.same(await client.command('FETCH 2 (FLAGS)'), ['* 2 FETCH (FLAGS (\\Flagged))', 'OK'])
  t.match(await client.command('STORE 9 +FLAGS (\\Seen)'), ['BAD'])
  t.same(await client.command('UID STORE 9 +FLAGS (\\Seen)'), ['OK'], 'a UID that is not there is none')
  const [, modseq = '0'] = /MODSEQ \((\d+)\)/.exec((await client.command('FETCH 2 (MODSEQ)')).join()) ?? []
  await client.command('STORE 1 +FLAGS.SILENT (\\Answered)')
  const answers = await client.command(`STORE 1:2 (UNCHANGEDSINCE ${modseq}) +FLAGS (\\Draft)`)
  t.match(answers.at(-1), 'OK [MODIFIED 1]')
  t.ok(answers.some(line => /^\* 2 FETCH \(UID 2 FLAGS \(\\Flagged \\Draft\) MODSEQ \(\d+\)\)$/.test(line)))
  await client.close()
})

t.test('messages are copied, moved and expunged', async t => {
  const { front, client } = await opened('one', 'two', 'three', 'four')
  await using _front = front
  t.match(await client.command('COPY 1:2 Archive'), [/^OK \[COPYUID \d+ 1:2 1:2\]$/])
  t.match(await client.command('MOVE 2 Archive'), [/^\* OK \[COPYUID \d+ 2 \d+\]/, '* 2 EXPUNGE', 'OK'])
  t.match(await client.command('COPY 1 Nowhere'), [/^NO \[TRYCREATE\]/])
  await client.command('STORE 1:2 +FLAGS.SILENT (\\Deleted)')
  t.same(await client.command('UID EXPUNGE 3'), ['* 2 EXPUNGE', 'OK'])
  t.same(await client.command('EXPUNGE'), ['* 1 EXPUNGE', 'OK'])
  t.match((await client.command('STATUS Archive (MESSAGES)'))[0], '* STATUS "Archive" (MESSAGES 3)')
  await front.account.sync()
  await front.account.sync()
  t.same(front.account.serverSubjects('INBOX'), ['four'])
  t.same(front.account.serverSubjects('Archive').sort(), ['one', 'two', 'two'])
  await client.close()
})

t.test('a client of QRESYNC is told of UIDs', async t => {
  const { front, client } = await opened('one', 'two', 'three')
  await using _front = front
  t.match(await client.command('SELECT INBOX (QRESYNC (1 1))'), ['BAD'])
  await client.command('ENABLE QRESYNC')
  const before = await client.command('SELECT INBOX')
  const numberIn = (name: string) => new RegExp(`${name} (\\d+)`).exec(before.join())?.[1]
  const [validity, modseq] = [numberIn('UIDVALIDITY'), numberIn('HIGHESTMODSEQ')]
  await client.command('STORE 2 +FLAGS.SILENT (\\Deleted)')
  t.match(await client.command('EXPUNGE'), ['* VANISHED 2', 'OK'])
  await client.command('STORE 1 +FLAGS.SILENT (\\Seen)')
  await client.command('UNSELECT')
  const again = await client.command(`SELECT INBOX (QRESYNC (${validity} ${modseq} 1:3))`)
  t.ok(again.includes('* VANISHED (EARLIER) 2'))
  t.ok(again.some(line => /^\* 1 FETCH \(UID 1 FLAGS \(\\Seen\) MODSEQ \(\d+\)\)$/.test(line)))
  const changed = await client.command(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modseq} VANISHED)`)
  t.match(changed, ['* VANISHED (EARLIER) 2', /^\* 1 FETCH \(UID 1 .*FLAGS/, 'OK'])
  await client.close()
})

t.test('what is appended is there, in one piece or not at all', async t => {
  const { front, client } = await opened('one')
  await using _front = front
  t.match(await client.append('INBOX', 'Subject: two\r\n\r\nx\r\n', '(\\Seen) "01-Jan-2020 10:00:00 +0000" '), [
    '* 2 EXISTS',
    /^OK \[APPENDUID \d+ 2\]$/,
  ])
  t.same(await client.command('FETCH 2 (FLAGS INTERNALDATE BODY.PEEK[])'), [
    '* 2 FETCH (FLAGS (\\Seen) INTERNALDATE "01-Jan-2020 10:00:00 +0000" BODY[] {19}',
    'Subject: two',
    '',
    'x',
    ')',
    'OK',
  ])
  t.match(await client.append('Nowhere', 'Subject: x\r\n\r\n'), [/^NO \[TRYCREATE\]/])
  client.write('m APPEND INBOX {3+}\r\na\r\n {3+}\r\nb\0c\r\n')
  t.match(await client.answerOf('m'), [/^NO \[CANNOT\]/], 'two messages, one of them impossible')
  client.write('n APPEND INBOX {999999999}\r\n')
  t.match(await client.answerOf('n'), [/^NO \[TOOBIG\]/], 'no octet of it was asked for')
  t.match(await client.command('STATUS INBOX (MESSAGES)'), ['* STATUS "INBOX" (MESSAGES 2)'])
  client.write('o APPEND INBOX {4}\r\n')
  t.equal(await client.line(), '+ go ahead')
  client.write('a: b\r\n')
  t.match(await client.answerOf('o'), ['* 3 EXISTS', /^OK/])
  await client.close()
})

t.test('an APPEND leaves nothing behind, whatever becomes of it', async t => {
  const { front, client } = await opened('one')
  await using _front = front
  const spool = join(front.account.root, 'spool')
  const left = () => (existsSync(spool) ? readdirSync(spool) : [])
  const large = 'x'.repeat(70_000)
  t.match(await client.append('INBOX', `Subject: two\r\n\r\n${large}\r\n`), ['* 2 EXISTS', /^OK/])
  t.same(left(), [], 'when it was taken')
  t.match(await client.append('INBOX', `a: b\0\r\n\r\n${large}`), [/^NO \[CANNOT\]/])
  t.same(left(), [], 'when it was refused')
  for (let wait = 0; wait < 30; wait++) {
    const other = await front.connect()
    other.write('b APPEND INBOX {70000+}\r\nab')
    for (let count = 0; count < wait; count++) await turn()
    await other.close()
  }
  t.same(left(), [], 'when the client has left in the middle')
  await client.close()
})

t.test('IDLE tells at once what the engine and others change', async t => {
  const { front, client } = await opened('one')
  await using _front = front
  client.write('i IDLE\r\n')
  t.equal(await client.line(), '+ idling')
  front.account.deliver('INBOX', 'two')
  await front.account.sync()
  t.equal(await client.line(), '* 2 EXISTS')
  const [item] = front.account.items('INBOX')
  await front.account.change({ kind: 'flag', items: [item?.id ?? 0], add: ['\\Flagged'], remove: [] })
  t.equal(await client.line(), '* 1 FETCH (FLAGS (\\Flagged))')
  await front.account.change({ kind: 'delete', items: [item?.id ?? 0], isPermanent: true })
  t.equal(await client.line(), '* 1 EXPUNGE')
  client.write('DONE\r\n')
  t.same(await client.answerOf('i'), ['OK'])
  client.write('j IDLE\r\n')
  await client.line()
  client.write('NOOP\r\n')
  t.match(await client.answerOf('j'), [/^BAD/])
  await client.close()
})

t.test('searches, sorts and threads', async t => {
  const { front, client } = await opened()
  await using _front = front
  const letters = [
    'Message-ID: <a@x>\r\nFrom: Zoe <zoe@x>\r\nSubject: Plan\r\nDate: 1 Jan 2026 10:00:00 +0000\r\n\r\nGrüße aus Köln\r\n',
    'Message-ID: <b@x>\r\nReferences: <a@x>\r\nFrom: Bob <bob@x>\r\nSubject: Re: Plan\r\nDate: 2 Jan 2026 10:00:00 +0000\r\n\r\nyes\r\n',
    'Message-ID: <c@x>\r\nFrom: Amy <amy@x>\r\nSubject: =?utf-8?b?5pel5pys6Kqe?=\r\nDate: 3 Jan 2026 10:00:00 +0000\r\n\r\nno\r\n',
  ]
  for (const letter of letters) await client.append('INBOX', Buffer.from(letter).toString('latin1'))
  const wire = (text: string) => Buffer.from(text).toString('latin1')
  const cases = [
    ['SUBJECT plan', '1 2'],
    ['FROM bob', '2'],
    [`BODY ${wire('"köln"')}`, '1'],
    [`TEXT ${wire('"日本"')}`, '3'],
    ['HEADER Message-ID c@x', '3'],
    ['NOT 1:2', '3'],
    ['OR FROM amy FROM zoe', '1 3'],
    ['SENTSINCE 2-Jan-2026', '2 3'],
    ['LARGER 10 UNSEEN', '1 2 3'],
    ['UID 2:*', '2 3'],
  ]
  for (const [key = '', expected] of cases)
    t.match(await client.command(`SEARCH ${key}`), [`* SEARCH ${expected}`], key)
  t.match(await client.command('SEARCH FROM nobody'), ['* SEARCH', 'OK'])
  t.match(await client.command('SEARCH RETURN (MIN MAX COUNT) ALL'), [
    /^\* ESEARCH \(TAG "t\d+"\) MIN 1 MAX 3 COUNT 3$/,
  ])
  t.match(await client.command('SEARCH RETURN (SAVE) FROM amy'), ['OK'])
  t.match(await client.command('FETCH $ (UID)'), ['* 3 FETCH (UID 3)'])
  t.match(await client.command('SORT (FROM) UTF-8 ALL'), ['* SORT 3 2 1'])
  t.match(await client.command('SORT (REVERSE DATE) UTF-8 ALL'), ['* SORT 3 2 1'])
  t.match(await client.command('THREAD REFERENCES UTF-8 ALL'), ['* THREAD (1 2)(3)'])
  t.match(await client.command('SEARCH CHARSET X-NONE SUBJECT a'), [/^NO \[BADCHARSET/])
  await client.close()
})

t.test('of a header, the list is served; the body is fetched, or refused before an octet is told', async t => {
  await using front = new ImapFront()
  front.account.settings = { ...front.account.settings, downloadMode: 'headers' }
  front.account.deliver('INBOX', 'one')
  await front.account.sync()
  const client = await front.connect()
  await client.command('SELECT INBOX')
  const listed = await client.command('FETCH 1 (RFC822.SIZE ENVELOPE BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
  t.match(listed.join('\n'), /RFC822\.SIZE \d{3}.*"one".*\nSubject: one\n/s)
  t.same(front.fetched, [], 'nothing was asked of the server')
  t.match(await client.command('FETCH 1 (BODY[])'), [/^NO \[UNAVAILABLE\]/])
  t.match(await client.command('FETCH 1 (BODYSTRUCTURE)'), [/^NO \[UNAVAILABLE\]/])
  t.match(await client.command('FETCH 1 (ENVELOPE BODY.PEEK[])'), [/^NO \[UNAVAILABLE\]/], 'nor with an envelope')
  t.match(await client.command('FETCH 1 (ENVELOPE BODY.PEEK[TEXT])'), [/^NO \[UNAVAILABLE\]/])
  t.ok(front.fetched.length > 0)
  t.match(await client.command('FETCH 1 (FLAGS)'), ['* 1 FETCH (FLAGS ())'], 'it has not become \\Seen')
  await client.close()
})

t.test('a server that is away is not asked for every message of a list', async t => {
  await using front = new ImapFront()
  front.account.settings = { ...front.account.settings, downloadMode: 'headers' }
  front.account.deliver('INBOX', 'one', 'two', 'three', 'four')
  await front.account.sync()
  front.away = new PosternError('UPSTREAM_UNREACHABLE', 'away', { remedy: 'retry', advice: 'wait' })
  const client = await front.connect()
  await client.command('SELECT INBOX')
  const answer = await client.command('FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT])')
  t.match(answer.at(-1), /^NO \[UNAVAILABLE\]/)
  t.equal(front.fetched.length, 1)
  await client.close()
})
