import fc from 'fast-check'
import t from 'tap'
import { type XmlElement, XmlError, XmlReader } from '../../src/upstream/dav/xml/xml-reader.ts'

function read(octets: Buffer, pieceOctets = octets.length || 1): XmlElement[] {
  const reader = new XmlReader()
  const elements: XmlElement[] = []
  for (let at = 0; at < octets.length; at += pieceOctets)
    elements.push(...reader.push(octets.subarray(at, at + pieceOctets)))
  return [...elements, ...reader.end()]
}

const readText = (text: string) => read(Buffer.from(text))

t.test('elements are named by their namespace, whatever the prefixes', async t => {
  for (const text of [
    '<multistatus xmlns="DAV:"><response><href>/a</href></response></multistatus>',
    '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href></d:response></d:multistatus>',
    '<x:multistatus xmlns:x="DAV:"><response xmlns="DAV:"><y:href xmlns:y="DAV:">/a</y:href></response></x:multistatus>',
  ]) {
    t.match(readText(text), [{ name: '{DAV:}response', children: [{ name: '{DAV:}href', text: '/a' }] }], text)
  }
})

t.test('text stays as it is', async t => {
  const [element] = readText(
    '<a><b>  x\r\n &#13;&#10;&lt;&amp;&gt; <![CDATA[<c>&amp;\r\n]]> &unknown; \u00e9\u{1f389}  </b></a>',
  )
  t.equal(element?.text, '  x\r\n \r\n<&> <c>&amp;\r\n &unknown; \u00e9\u{1f389}  ')
})

t.test('what comes in pieces is the same as the whole', async t => {
  const octets = Buffer.from(
    '\uFEFF<?xml version="1.0"?><!-- c --><d:m xmlns:d="DAV:" a="1"><d:r b=\'2&amp;\'>é&#x1F389;<e/><![CDATA[日本]]></d:r ><d:s/></d:m>\n',
  )
  const whole = JSON.stringify(read(octets))
  t.match(whole, /日本/)
  for (let piece = 1; piece < octets.length; piece++)
    t.equal(stripped(read(octets, piece)), stripped(read(octets)), `${piece}`)
})

// Positions differ with the pieces, and are nobody's business.
function stripped(elements: readonly XmlElement[]): string {
  return JSON.stringify(elements, (key, value) => (key === 'endIndex' || key === 'namespaces' ? undefined : value))
}

const BROKEN: Readonly<Record<string, string>> = {
  nothing: '',
  blanks: '  \n ',
  text: 'HTTP is fun',
  'two roots': '<a/><b/>',
  'text behind the root': '<a/>x',
  'a document type': '<!DOCTYPE a><a/>',
  'entities that make more of themselves': '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a><b>&y;</b></a>',
  'a file of this machine': '<!doctype a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>',
  'an end in the middle': '<a><b>x</b>',
  'an end in a tag': '<a><b>x</b></a',
  'an end in a comment': '<a><!-- </a>',
  'an end in CDATA': '<a><b><![CDATA[ </b></a>',
  'elements that cross': '<a><b><c></b></c></a>',
  'a prefix without a meaning': '<a><d:b/></a>',
  depth: `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  attributes: `<a><b ${Array.from({ length: 100 }, (_, n) => `a${n}="1"`).join(' ')}/></a>`,
  elements: `<a><b>${'<c/>'.repeat(60_000)}</b></a>`,
}

for (const [name, text] of Object.entries(BROKEN)) {
  t.test(`refused: ${name}`, async t => {
    t.throws(() => readText(text), XmlError)
    t.throws(() => read(Buffer.from(text), 7), XmlError)
  })
}

// Of what has no end, no more than 32 MB is held, whatever it is.
const ENDLESS: Readonly<Record<string, readonly [begin: string, again: string]>> = {
  text: ['<a><b>', 'x'],
  'a name': ['<a><b', 'x'],
  'a value': ['<a><b c="', 'x'],
  CDATA: ['<a><b><![CDATA[', 'x'],
  'a comment': ['<a><!-- ', 'x'],
  'text in many elements': ['<a><b>', '<c>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</c>'],
}

for (const [name, [begin, again]] of Object.entries(ENDLESS)) {
  t.test(`refused: ${name} without an end`, async t => {
    const reader = new XmlReader()
    reader.push(Buffer.from(begin))
    const chunk = Buffer.from(again.repeat(Math.ceil(1_048_576 / again.length)))
    let chunks = 0
    t.throws(() => {
      for (; chunks < 40; chunks++) reader.push(chunk)
    }, XmlError)
    t.ok(chunks < 40)
  })
}

t.test('a document of any length is read, while its parts are small', async t => {
  const reader = new XmlReader()
  reader.push(Buffer.from('<a>'))
  const part = Buffer.from(`<b>${'x'.repeat(1000)}</b>`.repeat(1000))
  let count = 0
  for (let n = 0; n < 60; n++) count += reader.push(part).length
  reader.push(Buffer.from('</a>'))
  reader.end()
  t.equal(count, 60_000)
})

t.test('any octets end in elements or in its own error', async () => {
  const pieces = fc.constantFrom(
    ...[
      '<a>',
      '</a>',
      '<b/>',
      '<d:c xmlns:d="DAV:">',
      '</d:c>',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?x',
      '?>',
      '&#0;',
    ],
    ...[
      '&amp',
      '&#x110000;',
      '<!DOCTYPE',
      '>',
      '<',
      "'",
      '"',
      '=',
      '/',
      ' ',
      'x',
      '\u0000',
      '__proto__="1"',
      'xmlns=""',
    ],
  )
  const document = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(octets => Buffer.from(octets)),
    fc.array(pieces, { maxLength: 40 }).map(parts => Buffer.from(parts.join(''))),
    fc.array(pieces, { maxLength: 20 }).map(parts => Buffer.from(`<a><b>${parts.join('')}</b></a>`)),
  )
  fc.assert(
    fc.property(document, fc.integer({ min: 1, max: 50 }), (octets, piece) => {
      const outcome = (pieceOctets: number) => {
        try {
          return stripped(read(octets, pieceOctets))
        } catch (error) {
          if (error instanceof XmlError) return 'refused'
          throw error
        }
      }
      return outcome(piece) === outcome(octets.length || 1)
    }),
    { numRuns: 3000 },
  )
})
