import t, { type Test } from 'tap'
import { bodyStructureText } from '../../src/formats/imap/structure/body-structure.ts'
import { envelopeText } from '../../src/formats/imap/structure/envelope-text.ts'
import { filterHeader } from '../../src/formats/mail/structure/header-filter.ts'
import { parseMimeTree } from '../../src/formats/mail/structure/mime-tree.ts'
import type { MessageStructure, MimePart } from '../../src/formats/mail/structure/part.ts'
import { findPart, findSection, type Section, type SectionText } from '../../src/formats/mail/structure/section.ts'
import { decodeTransfer, findTransferEncoding } from '../../src/formats/mail/structure/transfer-decoder.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { readValue, shownValue } from '../support/imap-values.ts'
import { MIME_MESSAGES } from '../support/mime-messages.ts'
import { RawImap } from '../support/raw-imap.ts'

const USER = 'ada@example.test'
const TEXTS: readonly (SectionText | undefined)[] = [
  undefined,
  { kind: 'MIME' },
  { kind: 'HEADER' },
  { kind: 'TEXT' },
  { kind: 'HEADER.FIELDS', names: ['SUBJECT', 'From', 'X-None'] },
  { kind: 'HEADER.FIELDS.NOT', names: ['SUBJECT', 'From'] },
]

interface Difference {
  readonly items: readonly string[]
  readonly reason: string
}

// Where Dovecot answers otherwise and RFC 9051 does not make it right.
const ALLOWED: Readonly<Record<string, Difference>> = {
  'fields that stand there twice': {
    items: ['ENVELOPE', 'BINARY.SIZE[1]', 'BINARY[1]'],
    reason: 'RFC 5322 section 3.6 allows one; the first counts with us, as in every list, the last one with Dovecot',
  },
  'folded fields': {
    items: ['ENVELOPE'],
    reason: 'RFC 5322 section 2.2.3: unfolding takes the line end alone; Dovecot makes one blank of a tab in a subject',
  },
  'addresses in many forms': {
    items: ['ENVELOPE'],
    reason: 'blanks around dots are obsolete syntax; Dovecot writes MISSING_MAILBOX, we keep the address',
  },
  'addresses that are none': {
    items: ['ENVELOPE'],
    reason: 'Dovecot writes MISSING_DOMAIN; we keep the text and an empty host',
  },
  'a message in a message in a message': {
    items: ['BODYSTRUCTURE', 'BODY', 'BODY[2]', 'BODY[2.TEXT]'],
    reason:
      'RFC 2046 section 5.1.1: the CRLF before a delimiter belongs to it, after the end of an inner multipart as well',
  },
  'boundaries that begin alike': { items: ['BODY[1]', 'BODY[2]'], reason: 'the same' },
  'empty parts': {
    items: ['BODY[1.MIME]', 'BODY[2.MIME]'],
    reason:
      'RFC 9051 section 6.4.5.1: the blank line is in all header fetches, also where the delimiter follows at once',
  },
  'continued and encoded parameters': {
    items: ['BODYSTRUCTURE'],
    reason: 'RFC 2231 section 7: a blank in an extended value has a percent sign',
  },
}

t.test('Dovecot sees the same', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  using imap = await RawImap.signIn(dovecot.imapPort, USER, DOVECOT_PASSWORD)
  for (const text of Object.values(MIME_MESSAGES)) await imap.append('INBOX', Buffer.from(text, 'latin1'))
  await imap.run('SELECT INBOX')
  for (const [index, [name, text]] of Object.entries(MIME_MESSAGES).entries()) {
    await t.test(name, async t => {
      const octets = Buffer.from(text, 'latin1')
      const structure = parseMimeTree([octets])
      await compareStructure(t, imap, { number: index + 1, structure })
      const message = { number: index + 1, structure, octets }
      for (const path of pathsOf(structure)) {
        await compareSections(t, imap, message, path)
        await compareBinary(t, imap, message, path)
      }
    })
  }
})

async function compareStructure(
  t: Test,
  imap: RawImap,
  { number, structure }: { number: number; structure: MessageStructure },
) {
  const theirs = await imap.fetch(number, 'BODYSTRUCTURE BODY ENVELOPE')
  const ours = {
    BODYSTRUCTURE: bodyStructureText(structure.root, 'BODYSTRUCTURE'),
    BODY: bodyStructureText(structure.root, 'BODY'),
    ENVELOPE: envelopeText(structure.envelope),
  }
  for (const [item, own] of Object.entries(ours)) {
    // RFC 2045 section 5.1: types and names of parameters are the same in any case; ours are in lower case.
    compare(t, item, shownValue(readValue(own)).toLowerCase(), shownValue(theirs.get(item)).toLowerCase())
  }
}

interface OfMessage {
  readonly number: number
  readonly structure: MessageStructure
  readonly octets: Buffer
}

async function compareSections(t: Test, imap: RawImap, message: OfMessage, path: readonly number[]): Promise<void> {
  for (const text of TEXTS) {
    if (path.length === 0 && text?.kind === 'MIME') continue // not in the grammar
    const names = text && 'names' in text ? ` (${text.names.join(' ')})` : ''
    const item = `BODY[${[...path, ...(text ? [text.kind + names] : [])].join('.')}]`
    const theirs = [...(await imap.fetch(message.number, item.replace('BODY', 'BODY.PEEK')))]
    const [, value] = theirs.find(([name]) => name.startsWith('BODY')) ?? []
    // Dovecot answers an empty text, not NIL, where there is nothing; RFC 9051 leaves it open.
    compare(t, item, JSON.stringify(sectionOctets(message, text ? { path, text } : { path })), shownValue(value))
  }
}

// RFC 3516: what a part is without its encoding.
async function compareBinary(t: Test, imap: RawImap, message: OfMessage, path: readonly number[]): Promise<void> {
  const part = findPart(message.structure, path)
  const encoding = findTransferEncoding(part?.encoding ?? '')
  if (part?.kind !== 'leaf' || !encoding || path.length === 0) return
  const octets = Buffer.concat([...decodeTransfer([message.octets.subarray(part.body.start, part.body.end)], encoding)])
  const item = `BINARY.SIZE[${path.join('.')}]`
  compare(t, item, String(octets.length), shownValue((await imap.fetch(message.number, item)).get(item)))
  const theirs = [...(await imap.fetch(message.number, `BINARY.PEEK[${path.join('.')}]`))]
  const [, value] = theirs.find(([name]) => name.startsWith('BINARY')) ?? []
  compare(t, item.replace('.SIZE', ''), JSON.stringify(octets.toString('latin1')), shownValue(value))
}

function sectionOctets({ structure, octets }: OfMessage, section: Section): string {
  const range = findSection(structure, section)
  const found = octets.subarray(range?.start ?? 0, range?.end ?? 0)
  const { text } = section
  return (text && 'names' in text ? filterHeader(found, text) : found).toString('latin1')
}

function compare(t: Test, item: string, ours: string, theirs: string): void {
  const allowed = ALLOWED[t.name]
  if (allowed?.items.includes(item)) t.not(ours, theirs, `${item}: ${allowed.reason}`)
  else t.equal(ours, theirs, item)
}

/** The numbers of all parts, and of some that are not there. */
function pathsOf(structure: MessageStructure): number[][] {
  return [[], [99], [1, 99], ...numbers(structure.root, [])]
}

// Dovecot takes n.1 for n when n has no parts; RFC 9051 section 6.4.5.1 knows no such number.
function numbers(part: MimePart, path: readonly number[]): number[][] {
  if (part.kind === 'multipart') return part.parts.flatMap((inner, index) => inside(inner, [...path, index + 1]))
  return inside(part, [...path, 1])
}

function inside(part: MimePart, path: number[]): number[][] {
  if (part.kind === 'leaf') return [path]
  return [path, ...numbers(part.kind === 'message' ? part.message.root : part, path)]
}
