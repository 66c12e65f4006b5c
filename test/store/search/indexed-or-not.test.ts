import fc from 'fast-check'
import t from 'tap'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { UidSet } from '../../../src/formats/imap/uid-set.ts'
import { SearchStore } from '../../support/search-store.ts'

const MESSAGES = 70 // so many that the full-text index is asked
const RUNS = { numRuns: 150 }
const WRITINGS = ['8bit', 'base64', 'quoted-printable', 'html', 'latin'] as const

interface Said {
  readonly subject: string
  readonly from: string
  readonly body: string
  readonly writing: (typeof WRITINGS)[number]
}

// Few letters, so that much is found by chance; some have two writings.
const word = fc
  .array(fc.constantFrom('a', 'b', 'A', 'ä', 'a\u0308', 'ß', 'é', '京', '都', '𝒜', '.'), { minLength: 1, maxLength: 6 })
  .map(letters => letters.join(''))
const words = fc.array(word, { minLength: 1, maxLength: 8 }).map(all => all.join(' '))
const latin = fc.array(fc.constantFrom('a', 'b', 'ä', 'ß', 'é', ' b'), { minLength: 1, maxLength: 20 })
const said: fc.Arbitrary<Said> = fc.constantFrom(...WRITINGS).chain(writing =>
  fc.record({
    subject: words,
    from: words,
    body: writing === 'latin' ? latin.map(letters => letters.join('')) : words,
    writing: fc.constant(writing),
  }),
)
const text = fc.oneof(word, words, fc.constant(''))
const leaf: fc.Arbitrary<SearchKey> = fc.oneof(
  fc.record({ kind: fc.constantFrom('subject' as const, 'body' as const, 'text' as const), text }),
  fc.record({ kind: fc.constant('address' as const), field: fc.constant('from' as const), text }),
  fc.record({ kind: fc.constant('header' as const), field: fc.constant('Subject'), text }),
  fc.uniqueArray(fc.integer({ min: 1, max: MESSAGES }), { minLength: 10, maxLength: 60 }).map(uids => ({
    kind: 'uids' as const,
    messages: { kind: 'numbers' as const, numbers: UidSet.of(uids), fromOrLast: undefined },
  })),
)
const { key } = fc.letrec<{ key: SearchKey }>(tie => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constant('and' as const), keys: fc.array(tie('key'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant('or' as const), left: tie('key'), right: tie('key') }),
    fc.record({ kind: fc.constant('not' as const), key: tie('key') }),
  ),
}))

function written({ subject, from, body, writing }: Said): Buffer {
  const wordOf = (text: string) => `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`
  const charset = writing === 'latin' ? 'iso-8859-1' : 'utf-8'
  const encoding = writing === 'base64' || writing === 'quoted-printable' ? writing : '8bit'
  const head = `From: ${wordOf(from)} <x@y.test>\r\nSubject: ${wordOf(subject)}\r\nMIME-Version: 1.0\r\nContent-Type: text/${
    writing === 'html' ? 'html' : 'plain'
  }; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), encodedBody(body, writing)])
}

function encodedBody(body: string, writing: Said['writing']): Buffer {
  if (writing === 'latin') return Buffer.from(body, 'latin1')
  if (writing === 'html') return Buffer.from(`<p>${body.replaceAll('ä', '&auml;')}</p>`)
  const octets = Buffer.from(body)
  if (writing === '8bit') return octets
  if (writing === 'base64') return Buffer.from(octets.toString('base64'))
  return Buffer.from(Array.from(octets, octet => `=${octet.toString(16).padStart(2, '0').toUpperCase()}`).join(''))
}

// What people take for the same, as simply as can be.
function simple(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll('\u0301', '')
    .replaceAll('\u0308', '')
    .replaceAll('ß', 'ss')
    .replaceAll('𝒜', 'a')
    .toLowerCase()
}

function matches(message: Said, uid: number, key: SearchKey): boolean {
  const has = (text: string, wanted: string) => simple(text).includes(simple(wanted))
  switch (key.kind) {
    case 'and':
      return key.keys.every(inner => matches(message, uid, inner))
    case 'or':
      return matches(message, uid, key.left) || matches(message, uid, key.right)
    case 'not':
      return !matches(message, uid, key.key)
    case 'uids':
      return key.messages.kind === 'numbers' && key.messages.numbers.has(uid)
    case 'subject':
    case 'header':
      return has(message.subject, key.text)
    case 'body':
      return has(message.body, key.text)
    case 'address':
      return has(`${message.from} <x@y.test>`, key.text)
    case 'text':
      return allTexts(message).some(text => has(text, key.text))
    default:
      throw new Error(key.kind)
  }
}

function allTexts({ subject, from, body, writing }: Said): string[] {
  const type = `content-type: text/${writing === 'html' ? 'html' : 'plain'}; charset=${writing === 'latin' ? 'iso-8859-1' : 'utf-8'}`
  const encoding = `content-transfer-encoding: ${writing === 'base64' || writing === 'quoted-printable' ? writing : '8bit'}`
  const fields = [`from: ${from} <x@y.test>`, `subject: ${subject}`, 'mime-version: 1.0', type, encoding]
  return [...fields, `${from} <x@y.test>`, body]
}

const [first = []] = fc.sample(fc.array(said, { minLength: MESSAGES, maxLength: MESSAGES }), { numRuns: 1, seed: 7 })

for (const [name, indexed] of [
  ['no index', 0],
  ['a half-filled index', MESSAGES / 2],
  ['a complete index', MESSAGES],
] as const) {
  t.test(`with ${name}, a search finds what reading everything finds`, async t => {
    const made = SearchStore.of(t)
    await made.add(...first.map(message => ({ octets: written(message) })))
    if (indexed > 0) made.indexSome(indexed)
    let telling = 0
    fc.assert(
      fc.property(key, key => {
        const expected = first.flatMap((message, at) => (matches(message, at + 1, key) ? [at + 1] : []))
        const found = [...made.reader.search(made.inbox, made.uids, key, 0)]
        if (found.length > 0 && found.length < MESSAGES) telling++
        return found.length === expected.length && found.every((uid, at) => uid === expected[at])
      }),
      RUNS,
    )
    t.ok(telling > RUNS.numRuns / 4, `${telling} searches found some of the messages`)
  })
}
