import t from 'tap'
import { sectionName } from '../../../src/formats/imap/command/arguments/body-section.ts'
import { checkCases } from './command-cases.ts'

const fetch = (items: readonly unknown[]) => ({ kind: 'fetch', isUid: false, messages: '1', items, isVanished: false })
const names = (...names: readonly string[]) => names.map(name => ({ kind: 'plain', name }))
const body = (path: readonly number[], kind?: string, names?: readonly string[]) => ({
  kind: 'body',
  section: { path, ...(kind ? { text: { kind, ...(names ? { names } : {}) } } : {}) },
  isPeek: false,
})

t.test('FETCH names its data items, or one macro', async t => {
  const all = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']
  checkCases(t, [
    ['FETCH 1 FAST', fetch(names(...all))],
    ['FETCH 1 all', fetch(names(...all, 'ENVELOPE'))],
    ['FETCH 1 FULL', fetch(names(...all, 'ENVELOPE', 'BODY'))],
    ['FETCH 1 (uid FLAGS)', fetch(names('UID', 'FLAGS'))],
    [
      'FETCH 1 (ENVELOPE BODYSTRUCTURE BODY MODSEQ EMAILID THREADID SAVEDATE)',
      fetch(names('ENVELOPE', 'BODYSTRUCTURE', 'BODY', 'MODSEQ', 'EMAILID', 'THREADID', 'SAVEDATE')),
    ],
    ['FETCH 1 PREVIEW', fetch([{ kind: 'preview', isLazy: false }])],
    ['FETCH 1 (PREVIEW (LAZY) UID)', fetch([{ kind: 'preview', isLazy: true }, ...names('UID')])],
    ['FETCH 1 (ALL)', 'malformed'],
    ['FETCH 1 ()', 'malformed'],
    ['FETCH 1 ALLX', 'malformed'],
    ['FETCH 1 X-GM-MSGID', 'malformed'],
    ['FETCH 1 UID FLAGS', 'malformed'],
    ['FETCH 1 (PREVIEW (X))', 'malformed'],
    ['FETCH 1 (UID', 'malformed'],
    ['FETCH 1', 'malformed'],
    ['FETCH x UID', 'malformed'],
  ])
})

t.test('FETCH names sections and ranges of the body', async t => {
  const binary = { kind: 'binary', isPeek: false }
  checkCases(t, [
    ['FETCH 1 BODY[]', fetch([body([])])],
    ['FETCH 1 body.peek[]<0.100>', fetch([{ ...body([]), isPeek: true, range: { origin: 0, octets: 100 } }])],
    ['FETCH 1 BODY[1.2]', fetch([body([1, 2])])],
    ['FETCH 1 BODY[HEADER]', fetch([body([], 'HEADER')])],
    ['FETCH 1 BODY[1.mime]', fetch([body([1], 'MIME')])],
    ['FETCH 1 BODY[3.1.TEXT]', fetch([body([3, 1], 'TEXT')])],
    ['FETCH 1 BODY[HEADER.FIELDS (Date "To")]', fetch([body([], 'HEADER.FIELDS', ['Date', 'To'])])],
    ['FETCH 1 BODY[4.HEADER.FIELDS.NOT ({2}\r\nTo)]', fetch([body([4], 'HEADER.FIELDS.NOT', ['To'])])],
    ['FETCH 1 RFC822', fetch([{ ...body([]), name: 'RFC822' }])],
    ['FETCH 1 RFC822.HEADER', fetch([{ ...body([], 'HEADER'), name: 'RFC822.HEADER', isPeek: true }])],
    ['FETCH 1 RFC822.TEXT', fetch([{ ...body([], 'TEXT'), name: 'RFC822.TEXT' }])],
    ['FETCH 1 BINARY[]', fetch([{ ...binary, path: [] }])],
    [
      'FETCH 1 BINARY.PEEK[1.2]<5.6>',
      fetch([{ kind: 'binary', isPeek: true, path: [1, 2], range: { origin: 5, octets: 6 } }]),
    ],
    ['FETCH 1 BINARY.SIZE[1]', fetch([{ kind: 'binary-size', path: [1] }])],
    ...[
      'BODY[MIME]',
      'BODY[0]',
      'BODY[1.]',
      'BODY[.1]',
      'BODY[1.0]',
      'BODY[X]',
      'BODY[1',
      'BODY[HEADER.FIELDS]',
      'BODY[HEADER.FIELDS ()]',
      'BODY[HEADER.FIELDS ("a:b")]',
      'BODY[HEADER.FIELDS ("")]',
      'BODY[]<1>',
      'BODY[]<1.0>',
      'BODY[]<1.2',
      'BODY[]<99999999999999999.1>',
      'BODY.PEEK',
      'BINARY[TEXT]',
      'BINARY',
      'BINARY.SIZE[1]<0.1>',
      'RFC822[]',
      `BODY[${'1.'.repeat(200)}1]`,
    ].map(item => [`FETCH 1 ${item}`, 'malformed'] as const),
  ])
})

t.test('FETCH asks for what has changed', async t => {
  checkCases(t, [
    ['FETCH 1 UID (CHANGEDSINCE 5)', { ...fetch(names('UID')), changedSince: '5n' }],
    [
      'UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5 VANISHED)',
      { ...fetch(names('FLAGS')), isUid: true, messages: '1:*', changedSince: '5n', isVanished: true },
    ],
    ['FETCH 1 UID (CHANGEDSINCE 5 VANISHED)', 'malformed'],
    ['UID FETCH 1 UID (VANISHED)', 'malformed'],
    ['FETCH 1 UID ()', 'malformed'],
    ['FETCH 1 UID (CHANGEDSINCE)', 'malformed'],
    ['FETCH 1 UID(CHANGEDSINCE 5)', 'malformed'],
  ])
})

t.test('an answer names a section as the command did', async t => {
  const names = ['Date', 'a"b']
  t.equal(sectionName('BODY', { path: [] }), 'BODY[]')
  t.equal(sectionName('BODY', { path: [1, 2], text: { kind: 'MIME' } }, { origin: 7, octets: 9 }), 'BODY[1.2.MIME]<7>')
  t.equal(
    sectionName('BODY', { path: [], text: { kind: 'HEADER.FIELDS', names } }),
    'BODY[HEADER.FIELDS (Date "a\\"b")]',
  )
})
