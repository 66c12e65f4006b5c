import t from 'tap'
import { checkCases } from './command-cases.ts'

const MAX = 4_294_967_295

t.test('sets of messages keep * and $ apart', async t => {
  const copy = { kind: 'copy', isUid: false, mailbox: 'x' }
  const sets = [
    ['1', '1'],
    ['3:1,7,2', '1:3,7'],
    ['*', '*'],
    ['5:*', '5:*'],
    ['*:5,7:*,*', '5:*'],
    ['1:2,*', '1:2,*'],
    ['*:*', '*'],
    ['$', '$'],
    [`${MAX}`, `${MAX}`],
  ] as const
  checkCases(t, [
    ...sets.map(([text, messages]) => [`COPY ${text} x`, { ...copy, messages }] as const),
    ...[
      '0',
      '1:',
      ':1',
      '1,',
      ',1',
      '1,,2',
      '1:2:3',
      '0:*',
      `${MAX + 1}`,
      `${MAX + 1}:*`,
      '*,',
      '**',
      '$,1',
      '-1',
      'x',
    ].map(text => [`COPY ${text} x`, 'malformed'] as const),
  ])
})

t.test('COPY, MOVE and EXPUNGE have their UID forms', async t => {
  checkCases(t, [
    ['MOVE 1 "b c"', { kind: 'move', isUid: false, messages: '1', mailbox: 'b c' }],
    ['UID COPY 1 x', { kind: 'copy', isUid: true, messages: '1', mailbox: 'x' }],
    ['uid move $ {1}\r\nx', { kind: 'move', isUid: true, messages: '$', mailbox: 'x' }],
    ['EXPUNGE', { kind: 'expunge' }],
    ['UID EXPUNGE 3:*', { kind: 'expunge', uids: '3:*' }],
    ['EXPUNGE 1', 'malformed'],
    ['COPY 1', 'malformed'],
    ['UID COPY x', 'malformed'],
  ])
})

t.test('STORE changes flags', async t => {
  const store = { kind: 'store', isUid: false, messages: '1', action: 'replace', isSilent: false }
  checkCases(t, [
    ['STORE 1 FLAGS ()', { ...store, flags: [] }],
    ['STORE 1 FLAGS \\seen $Forwarded', { ...store, flags: ['\\Seen', '$Forwarded'] }],
    ['STORE 1 +flags.silent (\\DELETED)', { ...store, action: 'add', isSilent: true, flags: ['\\Deleted'] }],
    ['UID STORE 1 -FLAGS (a A \\X)', { ...store, isUid: true, action: 'remove', flags: ['a', '\\X'] }],
    ['STORE 1 (UNCHANGEDSINCE 0) FLAGS (a)', { ...store, unchangedSince: '0n', flags: ['a'] }],
    [
      'STORE 1 (unchangedsince 9223372036854775807) +FLAGS (a)',
      { ...store, action: 'add', unchangedSince: '9223372036854775807n', flags: ['a'] },
    ],
    ['STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS (a)', 'malformed'],
    ['STORE 1 () FLAGS (a)', 'malformed'],
    ['STORE 1 FLAGS (\\Recent)', 'malformed'],
    ['STORE 1 FLAGS (\\*)', 'malformed'],
    ['STORE 1 FLAGS (\\)', 'malformed'],
    ['STORE 1 FLAGS ("a")', 'malformed'],
    ['STORE 1 FLAGS', 'malformed'],
    ['STORE 1 *FLAGS (a)', 'malformed'],
    ['STORE 1 X (a)', 'malformed'],
    ['STORE 1 FLAGS (a) b', 'malformed'],
  ])
})
