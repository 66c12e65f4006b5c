import fc from 'fast-check'
import t from 'tap'
import { parsePathCommand } from '../../src/formats/smtp/path.ts'

const parse = (text: string) => parsePathCommand(text, text.toUpperCase().startsWith('TO') ? 'TO' : 'FROM')

for (const path of [
  'ada@example.org',
  'a.b+c@example.org',
  '"a b"@example.org',
  '"a@b>c"@example.org',
  '"a\\"b\\\\"@example.org',
  'ada@[127.0.0.1]',
  'ada@[IPv6:::1]',
  'jürgen@bücher.example',
  '用户@例子.example',
  '@relay.example:ada@example.org',
  `${'x'.repeat(64)}@${'y'.repeat(300)}.example`,
]) {
  t.test(`${path.slice(0, 40)} is an address, and goes on untouched`, async t => {
    t.equal(parse(`FROM:<${path}>`)?.path, path)
    t.equal(parse(`TO: <${path}> NOTIFY=NEVER`)?.path, path)
  })
}

for (const text of [
  'TO:<>',
  'TO:ada@example.org',
  'TO:<ada>',
  'TO:<@example.org>',
  'TO:<ada@>',
  'TO:<a b@example.org>',
  'TO:<a@b@example.org>',
  'TO:<ada@example.org',
  'TO:<ada@example.org>x',
  'TO:<"ada@example.org>',
  'TO:<ada@exa\tmple.org>',
  'TO:<@relay\x01.example:ada@example.org>',
  'TO:<ada@example.org> A=1 a=2',
  'TO:<ada@example.org> =1',
  'TO:<ada@example.org> A=b=c',
  `TO:<${'x'.repeat(1000)}@example.org>`,
  `TO:<${Buffer.from([0xe9]).toString('utf8')}@example.org>`,
  `TO:<ada@example.org> ORCPT=${Buffer.from([0xe9]).toString('utf8')}`,
]) {
  t.test(`${text.slice(0, 40)} is no address with parameters`, async t => {
    t.equal(parse(text), undefined)
  })
}

t.test('the null sender and the bare postmaster are addresses, each in its place', async t => {
  t.equal(parse('FROM:<>')?.path, '')
  t.equal(parse('TO:<Postmaster>')?.path, 'Postmaster')
  t.equal(parse('FROM:<postmaster>'), undefined)
})

t.test('any text is taken or refused, in a time that does not explode', async t => {
  const piece = fc.oneof(fc.constantFrom('<', '>', '"', '\\', '@', ' ', ':', '=', '[', ']', 'a', 'é'), fc.string())
  const text = fc.array(piece, { maxLength: 60 }).map(parts => `TO:<${parts.join('')}`)
  fc.assert(
    fc.property(text, text => {
      const path = parse(text)?.path
      return path === undefined || (text.includes(`<${path}>`) && !/[\r\n]/.test(path))
    }),
    { numRuns: 20_000 },
  )
  const start = performance.now()
  for (const hostile of ['"\\', '" ', '<"', ' A=', '"@']) parse(`TO:<${hostile.repeat(6000)}`)
  t.ok(performance.now() - start < 1000)
})
