import fc from 'fast-check'
import t from 'tap'
import { commandLine } from '../../src/upstream/sieve/command-line.ts'
import { completionOf, parseLine, type SieveLine, SieveSyntaxError } from '../../src/upstream/sieve/response-line.ts'
import { ResponseReader } from '../../src/upstream/sieve/response-reader.ts'

function read(octets: Buffer, size = octets.length): SieveLine[] {
  const reader = new ResponseReader()
  const lines: SieveLine[] = []
  for (let at = 0; at < octets.length; at += size) {
    reader.push(octets.subarray(at, at + size))
    for (let line = reader.next(); line; line = reader.next()) lines.push(line)
  }
  return lines
}

const plain = (line: SieveLine | undefined) => line && JSON.parse(JSON.stringify(line.values), reviveOctets)
const reviveOctets = (key: string, value: unknown) =>
  key === 'octets' ? Buffer.from((value as { data: number[] }).data).toString() : value // Buffer's own JSON
const string = (octets: string) => ({ kind: 'string', octets })
const atom = (text: string) => ({ kind: 'atom', text })

const SAMPLE = [
  '"SIEVE" "fileinto \\"x\\" \\\\"',
  '"rules" ACTIVE',
  '{5}\r\na\r\nb}',
  '{3+}\r\nabc ACTIVE',
  '{0}\r\n',
  'NO (QUOTA/MAXSIZE) "too {3} large"',
  'OK (TAG {2}\r\nab (1 "x")) {4}\r\nwell',
  '',
].join('\r\n')

for (const size of [1, 2, 7, 1000]) {
  t.test(`values do not depend on how they come: ${size} octets at a time`, async t => {
    const lines = read(Buffer.from(SAMPLE), size)
    t.same(lines.map(plain), [
      [string('SIEVE'), string('fileinto "x" \\')],
      [string('rules'), atom('ACTIVE')],
      [string('a\r\nb}')],
      [string('abc'), atom('ACTIVE')],
      [string('')],
      [atom('NO'), { kind: 'list', values: [atom('QUOTA/MAXSIZE')] }, string('too {3} large')],
      [
        atom('OK'),
        {
          kind: 'list',
          values: [atom('TAG'), string('ab'), { kind: 'list', values: [atom('1'), string('x')] }],
        },
        string('well'),
      ],
    ])
  })
}

t.test('the end of an answer has a status, a code and a text', async t => {
  const end = (text: string) => {
    const line = read(Buffer.from(`${text}\r\n`))[0]
    return line && completionOf(line)
  }
  t.same(end('OK'), { status: 'OK', code: undefined, text: '' })
  t.match(end('no (trylater) "später"'), { status: 'NO', code: { name: 'TRYLATER' }, text: 'später' })
  t.match(end('BYE (REFERRAL "sieve://x") {3}\r\nbye'), { status: 'BYE', text: 'bye' })
  t.equal(end('"OK" "x"'), undefined, 'a string is data')
  for (const wrong of ['OK "a" "b"', 'OK atom', 'OK ("x")', 'OK ()', 'OK "a" (B)']) {
    t.throws(() => end(wrong), SieveSyntaxError, wrong)
  }
})

for (const [what, octets] of Object.entries({
  'a string without an end': '"abc\r\n',
  'a string that ends in a backslash': '"abc\\"\r\n',
  'a list without an end': 'OK (QUOTA\r\n',
  'a list without a beginning': 'OK )\r\n',
  'lists in lists in lists': `OK ${'('.repeat(20)}${')'.repeat(20)}\r\n`,
  'a brace': 'OK {x}\r\n',
  'a control character': 'OK \x01\r\n',
  'an atom beyond ASCII': 'OK (é)\r\n',
  'a literal of 9 GB': '{9999999999}\r\n',
})) {
  t.test(`${what} is no line`, async t => {
    t.throws(() => read(Buffer.from(octets)), SieveSyntaxError)
  })
}

t.test('an answer without an end fills no memory', async t => {
  const push = (octets: string) => {
    const reader = new ResponseReader()
    for (let n = 0; n < 100_000; n++) {
      reader.push(Buffer.from(octets))
      while (reader.next());
    }
  }
  for (const octets of ['x'.repeat(1000), '"a"\r\n', '\r\n', '{1}\r\na', `(${'"" '.repeat(100)})\r\n`]) {
    t.throws(() => push(octets), { message: /too long/ }, octets.slice(0, 10))
  }
})

t.test('the text between the literals of one line has an end', async t => {
  const text = `${'"" '.repeat(10_000)}{0}\r\n` // 30,006 octets
  t.doesNotThrow(() => read(Buffer.from(text.repeat(2))))
  t.throws(() => read(Buffer.from(text.repeat(3))), { message: /too long/ })
})

t.test('any octets end, and throw nothing but a syntax error', async () => {
  const bits = ['"', '\\', '(', ')', '{', '}', '{3}\r\n', '+', '\r\n', '\n', ' ', 'OK', '1', 'ä', '\0']
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(octets => Buffer.from(octets)),
    fc.array(fc.constantFrom(...bits), { maxLength: 60 }).map(parts => Buffer.from(parts.join(''))),
  )
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 20 }), (octets, size) => {
      try {
        for (const line of read(octets, size)) completionOf(line)
      } catch (error) {
        if (!(error instanceof SieveSyntaxError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})

t.test('what we write is read as what was meant, and never as a command more', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.string({ maxLength: 2000 })), given => {
      const value = typeof given === 'string' ? Buffer.from(given) : Buffer.from(given)
      const [line, more] = read(commandLine(['PUTSCRIPT', value]))
      const [, found] = line?.values ?? []
      return more === undefined && found?.kind === 'string' && found.octets.equals(value)
    }),
  )
})

t.test('a long string of escapes is read', async t => {
  t.match(read(Buffer.from(`"${'\\\\'.repeat(32_000)}"\r\n`)).map(plain), [[{ octets: /^\\{32000}$/ }]])
})

t.test('a line of many literals is one line', async t => {
  t.equal(parseLine(Array.from({ length: 50 }, () => ({ kind: 'literal', octets: Buffer.from('x') }))).count, 50)
})
