import fc from 'fast-check'
import t from 'tap'
import { parseChallenges } from '../../src/upstream/dav/http/challenges.ts'

const read = (...fields: string[]) =>
  parseChallenges(fields).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

t.test('challenges are read, in one field or several', async t => {
  t.strictSame(read('Basic realm="a, b", charset="UTF-8"'), [['basic', { realm: 'a, b', charset: 'UTF-8' }]])
  t.strictSame(read('Negotiate, Basic realm=simple'), [
    ['negotiate', {}],
    ['basic', { realm: 'simple' }],
  ])
  t.strictSame(read('Negotiate YII=', 'Digest realm="a \\"b\\"", nonce="x=y", qop="auth,auth-int", stale=TRUE'), [
    ['negotiate', {}],
    ['digest', { realm: 'a "b"', nonce: 'x=y', qop: 'auth,auth-int', stale: 'TRUE' }],
  ])
  t.strictSame(read('Basic realm="x", Bearer realm="y", error="invalid_token"'), [
    ['basic', { realm: 'x' }],
    ['bearer', { realm: 'y', error: 'invalid_token' }],
  ])
  t.strictSame(read(''), [])
})

t.test('any text is read', async t => {
  const pieces = fc.constantFrom('Basic', 'Digest ', 'realm=', '"', '\\', ',', ' ', '=', 'a', '\u0000', 'é')
  fc.assert(fc.property(fc.array(pieces), parts => Array.isArray(parseChallenges([parts.join('')]))))
  const long = `Digest ${'a="b", '.repeat(100_000)}`
  t.ok(parseChallenges([long]).length === 1)
})
