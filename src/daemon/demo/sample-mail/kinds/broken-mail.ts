import { PEOPLE, type Person } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { type Field, writeFields } from '../wire/header-fields.ts'
import { withCrlf } from '../wire/mime-parts.ts'

const { leo, tom, samir, greta } = PEOPLE
const MIXED = 'Content-Type: multipart/mixed; boundary="b"\n'
const [PLAIN, PART] = ['Content-Type: text/plain; charset=utf-8\n', '--b\nContent-Type: text/plain\n\n']

interface Damage {
  readonly subject: string
  /** What follows the usual fields, line ends as LF; octets as Latin-1. */
  readonly rest: string
}

const DAMAGES: readonly Damage[] = [
  {
    subject: 'A multipart that names no boundary',
    rest: `Content-Type: multipart/mixed\n\n${PART}Where does this part begin?\n--b--\n`,
  },
  { subject: 'A multipart that never ends', rest: `${MIXED}\n${PART}The last boundary was left on the train.\n` },
  { subject: 'A multipart without parts', rest: `${MIXED}\nNobody ever came.\n` },
  {
    subject: 'A boundary of somebody else',
    rest: `Content-Type: multipart/mixed; boundary="other"\n\n${PART}Text\n--b--\n`,
  },
  {
    subject: 'The wrong charset',
    rest: 'Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\nGr\xfc\xdfe, says the body, and lies about how.\n',
  },
  { subject: 'UTF-8 that is none', rest: `${PLAIN}\nCaf\xe9 \xc3 \xff: three mistakes.\n` },
  {
    subject: 'A charset that nobody has',
    rest: 'Content-Type: text/plain; charset=x-lighthouse\n\nBlink, blink, long blink.\n',
  },
  {
    subject: 'Base64, cut off',
    rest: `${PLAIN}Content-Transfer-Encoding: base64\n\nVGhlIHJlc3Qgb2YgdGhpcyBzZW50ZW5jZSBpcyB\n`,
  },
  {
    subject: 'Base64 with sand in it',
    rest: `${PLAIN}Content-Transfer-Encoding: base64\n\nVGhl*cmUg!!aXMg\n\nc2FuZCBp==biBpdC4=\n`,
  },
  {
    subject: 'Quoted-printable with mistakes',
    rest: `${PLAIN}Content-Transfer-Encoding: quoted-printable\n\nHalf =4, wrong =ZZ, and one at the end =\n`,
  },
  { subject: 'An encoding of its own', rest: `${PLAIN}Content-Transfer-Encoding: x-knots\n\nover, under, through\n` },
  { subject: 'A line of 3000 octets', rest: `${PLAIN}\n${'no end in sight '.repeat(188)}\n` },
  {
    subject: 'A field of 2000 octets',
    rest: `X-Long: ${'x'.repeat(2000)}\n${PLAIN}\nThe header is longer than the letter.\n`,
  },
  { subject: 'A header line without a colon', rest: `this line is no field\n${PLAIN}\nStill a letter.\n` },
  { subject: 'Fields with odd names', rest: `Bad Name: x\n: no name\nX-Empty:\n${PLAIN}\nText.\n` },
  { subject: 'Two types at once', rest: `${PLAIN}Content-Type: text/html\n\n<p>Which one counts?</p>\n` },
  { subject: 'A type that is no type', rest: 'Content-Type: words; of = "no\n\nmeaning"\n' },
  { subject: 'No blank line, no body', rest: PLAIN },
  {
    subject: 'Every line end twice',
    rest: `\n${PLAIN}\n\n\nA gateway has doubled each of them,\n\nand the header ended early.\n`,
  },
]

/** Plans letters that break the rules, as the ones in every mailbox do. Their lines end with CRLF all the same. */
export function* brokenMail(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, { subject, rest }] of DAMAGES.entries()) {
    yield damaged(world, index, { subject, fields: [], rest })
  }
  const words = '=?utf-8?B?R3LDvMOf?= =?no-such?Q?words?= =?utf-8?X?y?= =?utf-8?Q?open'
  yield damaged(world, DAMAGES.length, {
    subject: words,
    fields: [['X-Note', '=?']],
    rest: `${PLAIN}\nSee the subject.\n`,
  })
  const addresses = [['Cc', '<<two@signs.example@example.com>, "open quote <x@example.com'] as const]
  yield damaged(world, DAMAGES.length + 1, {
    subject: 'Addresses in pieces',
    fields: addresses,
    rest: `${PLAIN}\nWho?\n`,
  })
}

interface Damaged extends Damage {
  readonly fields: readonly Field[]
}

function damaged(world: SampleWorld, index: number, { subject, fields, rest }: Damaged): PlannedMessage {
  const key = `broken/${index}`
  const from: Person = [leo, tom, samir, greta][index % 4] ?? leo
  const sentMs = world.daysAgo(40 + index * 31, key)
  const letter = { key, folder: index % 5 === 0 ? 'INBOX' : 'Archive', from, subject, sentMs, fields }
  const planned = world.plan({ ...letter, part: () => ({ fields: [], body: Buffer.alloc(0) }) })
  const write = () =>
    Buffer.from(writeFields(world.fieldsOf(letter)) + withCrlf(`MIME-Version: 1.0\n${rest}`), 'latin1')
  return { ...planned, write }
}
