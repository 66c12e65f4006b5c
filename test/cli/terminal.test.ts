import { PassThrough } from 'node:stream'
import t from 'tap'
import { type Streams, Terminal, table } from '../../src/cli/terminal.ts'

function makeTerminal() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  return { terminal: new Terminal({ stdin, stdout, stderr }, { json: false }), stdin, stderr }
}

t.test('a folder may have more messages than a call takes arguments', async t => {
  const rows = Array.from({ length: 300_000 }, (_, index) => [String(index), 'x'])
  const lines = table(['ID', 'SUBJECT'], rows).split('\n')
  t.equal(lines.length, rows.length + 1)
  t.equal(lines[1], '0       x')
})

t.test('what a server says cannot steer the terminal', async t => {
  const { terminal, stderr } = makeTerminal()
  terminal.failure({ code: 'X', message: 'it said \x1b]0;owned\x07\x9b2J', remedy: 'retry', advice: 'one\ntwo' })
  t.equal(String(stderr.read()), 'postern: it said ·]0;owned··2J\n  one\ntwo\n')
})

t.test('a password is the first line of stdin, which need not end', async t => {
  const { signal } = new AbortController()
  const { terminal, stdin } = makeTerminal()
  const octets = Buffer.from('pässword\nmore')
  stdin.write(octets.subarray(0, 2)) // in the middle of a character
  const secret = terminal.secret('?', signal)
  stdin.write(octets.subarray(2))
  t.equal(await secret, 'pässword')
  const endless = makeTerminal()
  for (let count = 0; count < 20; count++) endless.stdin.write('x'.repeat(8192))
  await t.rejects(endless.terminal.secret('?', signal), { code: 'CLI_USAGE' })
})

t.test('a question cannot steer the terminal either', async t => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const terminal = new Terminal({ stdin, stdout, stderr } as unknown as Streams, { json: false })
  stdin.write('y\n')
  await terminal.confirm('Send it to a\x1b[2Jb?', { yes: false, signal: new AbortController().signal })
  t.equal(String(stderr.read()), 'Send it to a·[2Jb? [y/N] ')
})
