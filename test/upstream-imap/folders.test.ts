import t from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

t.test('folders are listed with roles, by mark or by name, and with what STATUS says', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('', command => {
      if (command.startsWith('LIST')) {
        return (
          '* LIST () "/" inbox\r\n* LIST (\\Noselect) "/" "Work"\r\n* LIST () "/" "Work/Drafts"\r\n* LIST () "/" Drafts\r\n' +
          '* LIST () NIL {6}\r\nSe"nt"\r\n* LIST () "/" "Entw&APw-rfe"\r\nTAG OK done\r\n'
        )
      }
      if (command.startsWith('LSUB')) return '* LSUB () "/" INBOX\r\nTAG OK done\r\n'
      if (command.startsWith('STATUS "INBOX"'))
        return '* STATUS "INBOX" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 0)\r\nTAG OK done\r\n'
      return command.startsWith('STATUS') ? 'TAG NO no such mailbox\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  const folders = await mail.listFolders()
  t.same(
    folders.map(({ path, role, selectable, subscribed }) => [path, role, selectable, subscribed]),
    [
      ['INBOX', 'inbox', true, true],
      ['Work', undefined, false, false],
      ['Work/Drafts', undefined, true, false],
      ['Drafts', 'drafts', true, false],
      ['Se"nt"', undefined, true, false],
      ['Entwürfe', undefined, true, false],
    ],
  )
  t.match(folders[0]?.status, { messages: 3, uidNext: 9, uidValidity: 7, highestModseq: undefined })
  t.equal(folders[1]?.status, undefined)
})

t.test('QRESYNC’s difference is read when a folder is opened', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('QRESYNC', command =>
      command.startsWith('EXAMINE')
        ? '* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [HIGHESTMODSEQ 90000000000000001] ok\r\n* VANISHED (EARLIER) 1:2,9\r\n' +
          '* 1 FETCH (UID 5 FLAGS (\\Seen \\Recent $x) MODSEQ (12))\r\nTAG OK [READ-ONLY] done\r\n'
        : undefined,
    ),
  )
  await using mail = await connectTo(server)
  const { UidSet } = await import('../../src/formats/imap/uid-set.ts')
  const cursor = { uidValidity: 7, highestModseq: 5n, knownUids: UidSet.of([1, 2, 5]) }
  const folder = await mail.examine('In"box', cursor)
  t.ok(server.received.some(line => line.endsWith('EXAMINE "In\\"box" (QRESYNC (7 5 1:2,5))')))
  t.equal(folder.highestModseq, 90000000000000001n)
  t.same(folder.delta?.changed, [{ uid: 5, flags: ['\\Seen', '$x'] }])
  t.equal(String(folder.delta?.vanished), '1:2,9')
  const other = await mail.examine('INBOX', { ...cursor, uidValidity: 8 })
  t.equal(other.delta, undefined, 'another UIDVALIDITY: the difference means nothing')
})

t.test('roles are given inside the account’s own namespace only', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('NAMESPACE SPECIAL-USE LIST-EXTENDED', command => {
      if (command === 'NAMESPACE') {
        return '* NAMESPACE (("Mail." ".")) (("user." ".")) (("Public." "."))\r\nTAG OK done\r\n'
      }
      if (command.startsWith('LIST')) {
        return (
          '* LIST () "." INBOX\r\n* LIST () "." Mail.Trash\r\n* LIST (\\Drafts) "." user.bob.Drafts\r\n' +
          '* LIST () "." Public.Junk\r\n* LIST () "." Mail.Old.Sent\r\nTAG OK done\r\n'
        )
      }
      return command.startsWith('STATUS') ? 'TAG NO later\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  const roles = (await mail.listFolders()).map(({ path, role }) => [path, role])
  t.same(roles, [
    ['INBOX', 'inbox'],
    ['Mail.Trash', 'trash'],
    ['user.bob.Drafts', undefined],
    ['Public.Junk', undefined],
    ['Mail.Old.Sent', undefined],
  ])
})

t.test('a folder whose UIDs hold for one session says so in an untagged NO', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('', command =>
      /^(EXAMINE|SELECT)/.test(command)
        ? '* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* NO [UIDNOTSTICKY] no persistent UIDs\r\nTAG OK done\r\n'
        : undefined,
    ),
  )
  await using mail = await connectTo(server)
  t.equal((await mail.examine('INBOX')).uidsAreSticky, false)
  t.equal((await mail.select('INBOX')).contents.uidsAreSticky, false)
})

t.test('what a server says in several lines counts together', async t => {
  const many = Array.from({ length: 20_000 }, (_, index) => `* VANISHED (EARLIER) ${index * 2 + 1}\r\n`).join('')
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('QRESYNC', command => {
      if (command.startsWith('EXAMINE')) return `* 4 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n${many}TAG OK done\r\n`
      return command === 'UID SEARCH ALL' ? '* SEARCH 1 2\r\n* SEARCH 7 9\r\nTAG OK done\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  const { UidSet } = await import('../../src/formats/imap/uid-set.ts')
  const cursor = { uidValidity: 7, highestModseq: 1n, knownUids: UidSet.of([1]) }
  const folder = await mail.examine('INBOX', cursor)
  t.equal(folder.delta?.vanished.size, 20_000)
  t.equal((await folder.searchUids()).toString(), '1:2,7,9')
})

t.test('a folder that is open is closed before it is deleted', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('UNSELECT', command => {
      if (command.startsWith('EXAMINE')) return '* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK done\r\n'
      return /^(UNSELECT|RENAME|DELETE)/.test(command) ? 'TAG OK done\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  await mail.renameFolder('Archive', 'Old')
  await mail.examine('Old')
  await mail.deleteFolder('Old')
  const verbs = server.received.map(line => line.split(' ')[1])
  t.same(verbs.slice(-4), ['RENAME', 'EXAMINE', 'UNSELECT', 'DELETE'])
})

t.test('a folder is deleted although the server says that none is open', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('UNSELECT', command => {
      if (/^(EXAMINE|UNSELECT)/.test(command)) return 'TAG BAD not now\r\n' // leaves open what was open
      return command.startsWith('DELETE') ? 'TAG OK done\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  await t.rejects(mail.examine('Old'))
  await mail.deleteFolder('Old')
  t.match(server.received.at(-1), / DELETE /)
})
