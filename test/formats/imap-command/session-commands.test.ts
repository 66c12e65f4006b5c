import t from 'tap'
import { checkCases, parseLine } from './command-cases.ts'

t.test('commands without arguments have none', async t => {
  for (const name of ['capability', 'noop', 'logout', 'starttls', 'namespace', 'idle', 'check', 'close', 'unselect']) {
    checkCases(t, [
      [name, { kind: name }],
      [name.toUpperCase(), { kind: name }],
      [`${name} x`, 'malformed'],
      [`${name} `, 'malformed'],
    ])
  }
})

t.test('AUTHENTICATE may bring a first response', async t => {
  checkCases(t, [
    ['AUTHENTICATE plain', { kind: 'authenticate', mechanism: 'PLAIN' }],
    ['AUTHENTICATE PLAIN AGEAYg==', { kind: 'authenticate', mechanism: 'PLAIN', initialResponse: '\0a\0b' }],
    ['AUTHENTICATE CRAM-MD5 ', { kind: 'authenticate', mechanism: 'CRAM-MD5' }],
    ['AUTHENTICATE PLAIN =', { kind: 'authenticate', mechanism: 'PLAIN', initialResponse: '' }],
    ['AUTHENTICATE', 'malformed'],
    ['AUTHENTICATE PLAIN AGEAYg=', 'malformed'],
    ['AUTHENTICATE PLAIN AGEAYh==', 'malformed'],
    ['AUTHENTICATE PLAIN *', 'malformed'],
    ['AUTHENTICATE "PLAIN"', 'malformed'],
  ])
})

t.test('LOGIN takes atoms, quoted strings and literals, in UTF-8', async t => {
  const ada = { kind: 'login', user: 'ada', password: 'pa ss"\\' }
  checkCases(t, [
    ['LOGIN ada "pa ss\\"\\\\"', ada],
    ['LOGIN {3}\r\nada {8+}\r\npa ss"\\\\', { ...ada, password: 'pa ss"\\\\' }],
    ['LOGIN "" ""', { kind: 'login', user: '', password: '' }],
    ['LOGIN a]b NIL', { kind: 'login', user: 'a]b', password: 'NIL' }],
    ['LOGIN ada "p\xc3\xa4ss"', { kind: 'login', user: 'ada', password: 'päss' }],
    ['LOGIN ada "p\xe4ss"', 'malformed'],
    ['LOGIN ada p\xc3\xa4ss', 'malformed'],
    ['LOGIN ada', 'malformed'],
    ['LOGIN ada  x', 'malformed'],
    ['LOGIN ada x y', 'malformed'],
    ['LOGIN ada "x', 'malformed'],
    ['LOGIN ada "x\\y"', 'malformed'],
    ['LOGIN ada "x"y', 'malformed'],
    ['LOGIN ada x"y', 'malformed'],
    ['LOGIN ada {1}\r\n\0', 'malformed'],
    ['LOGIN ada {1}\r\nx y', 'malformed'],
    ['LOGIN ada x{1}\r\ny', 'malformed'],
    ['LOGIN ada (x)', 'malformed'],
  ])
})

t.test('ENABLE and ID tell who the client is', async t => {
  checkCases(t, [
    ['ENABLE condstore UTF8=ACCEPT', { kind: 'enable', capabilities: ['CONDSTORE', 'UTF8=ACCEPT'] }],
    ['ENABLE', 'malformed'],
    ['ID NIL', { kind: 'id', fields: {} }],
    ['ID ()', { kind: 'id', fields: {} }],
    ['ID ("Name" "mutt" "os" NIL)', { kind: 'id', fields: { name: 'mutt' } }],
    ['ID ("name" {4}\r\nmutt)', { kind: 'id', fields: { name: 'mutt' } }],
    ['ID ("name")', 'malformed'],
    ['ID ("name" mutt)', 'malformed'],
    ['ID', 'malformed'],
    [`ID (${Array(31).fill('"a" "b"').join(' ')})`, 'malformed'],
    [`ID ("name" "${'x'.repeat(1025)}")`, 'malformed'],
  ])
})

t.test('what is no command is malformed', async t => {
  checkCases(t, [
    ['', 'malformed'],
    ['XYZZY', 'malformed'],
    ['UID', 'malformed'],
    ['UID NOOP', 'malformed'],
    ['UID EXPUNGE', 'malformed'],
    ['CONSTRUCTOR', 'malformed'],
    ['  NOOP', 'malformed'],
    ['NO\0OP', 'malformed'],
    ['NOOP\r', 'malformed'],
  ])
  t.equal(parseLine('x', { cutAt: 1 }), 'malformed')
})
