import { PEOPLE } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { Letter, SampleWorld } from '../sample-world.ts'
import { makePng } from '../wire/invented-files.ts'
import { filePart, type MimePart, multipart, textPart, withCrlf } from '../wire/mime-parts.ts'
import { flowed } from '../wire/paragraphs.ts'

const { tom, leo, mum, priya, greta, ines, clerk } = PEOPLE

type Oddity = Omit<Letter, 'key' | 'sentMs' | 'to' | 'part'> & {
  readonly daysAgo: number
  readonly part?: () => MimePart
}

/** Plans letters that are rare, and right by the standards. */
export function* oddities(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, { daysAgo, part, ...letter }] of [...headers(), ...bodies(), ...twins(world)].entries()) {
    const key = `oddity/${index}`
    const text = part ?? (() => textPart('The rest is in the header.\n'))
    yield world.plan({ ...letter, key, sentMs: world.daysAgo(daysAgo, key), part: text })
  }
}

function headers(): readonly Oddity[] {
  const long = Array.from({ length: 60 }, (_, index) => `point ${index + 1}`).join(', ')
  const crowd = Array.from({ length: 80 }, (_, index) => `Volunteer ${index + 1} <v${index + 1}@volunteers.example>`)
  return [
    { folder: 'INBOX', from: clerk, subject: `Minutes with every point in the subject: ${long}`, daysAgo: 17 },
    { folder: 'INBOX', from: mum, subject: '', daysAgo: 6, replaced: { Subject: undefined } },
    { folder: 'Family', from: mum, subject: '', daysAgo: 140 },
    { folder: 'INBOX', from: leo, subject: 'Sent by the lamp itself', daysAgo: 20, replaced: { Date: undefined } },
    {
      folder: 'Archive',
      from: leo,
      subject: 'My clock is wrong',
      daysAgo: 350,
      replaced: { Date: 'Thu, 01 Jan 1970 00:00:00 +0000' },
    },
    {
      folder: 'Archive',
      from: tom,
      subject: 'Military time',
      daysAgo: 351,
      replaced: { Date: '7 Mar 25 09:15 (before breakfast) EST' },
    },
    {
      folder: 'Archive',
      from: tom,
      subject: 'No name of its own',
      daysAgo: 410,
      replaced: { 'Message-ID': undefined },
    },
    { folder: 'Archive', from: ines, subject: 'Dear volunteers', daysAgo: 270, replaced: { To: crowd.join(', ') } },
    {
      folder: 'INBOX',
      from: ines,
      subject: 'To nobody in particular',
      daysAgo: 30,
      replaced: { To: 'undisclosed-recipients:;' },
    },
    {
      folder: 'Projects',
      from: tom,
      subject: 'Groups',
      daysAgo: 75,
      replaced: {
        To: 'Draughtsmen: tom@northspan.example,\r\n "Lindqvist, Mara" <mara.lindqvist@northspan.example>;, (old) leo@lamps.example',
      },
    },
    {
      folder: 'Projects',
      from: priya,
      subject: 'Answer elsewhere',
      daysAgo: 52,
      fields: [
        ['Reply-To', 'Review board <board@example.org>'],
        ['X-Priority', '1 (Highest)'],
        ['Importance', 'high'],
      ],
    },
    {
      folder: 'Archive',
      from: greta,
      subject: 'plain',
      daysAgo: 333,
      replaced: { Subject: Buffer.from('Maße der Türen, ohne Umweg in UTF-8').toString('latin1') },
    },
    {
      folder: 'Archive',
      from: greta,
      subject: 'folded',
      daysAgo: 334,
      replaced: { Subject: '\r\n a subject\r\n\tthat is folded\r\n   three times' },
    },
  ]
}

function bodies(): readonly Oddity[] {
  const octets = makePng({ width: 64, height: 64, from: [250, 240, 210], to: [120, 80, 30] })
  const picture = filePart({ type: 'image/png', name: 'stain.png', octets })
  const long = 'A line that goes on and on and is put together again by whoever shows it, since it says so at its end. '
  return [
    {
      folder: 'Archive',
      from: tom,
      subject: 'Flowing lines',
      daysAgo: 222,
      part: () =>
        textPart(flowed(`${long.repeat(4)}\n\n From the beginning of a line.\n\n-- \nTom`), {
          parameters: '; format=flowed',
        }),
    },
    {
      folder: 'Travel',
      from: PEOPLE.kenji,
      subject: 'Flowing without spaces',
      daysAgo: 199,
      part: () => textPart('この行は \n続きます。\n', { parameters: '; format=flowed; delsp=yes' }),
    },
    { folder: 'INBOX', from: mum, subject: 'Nothing inside', daysAgo: 25, part: () => textPart('') },
    { folder: 'Archive', from: leo, subject: 'Only a picture', daysAgo: 144, part: () => picture },
    {
      folder: 'Archive',
      from: leo,
      subject: 'Only a page',
      daysAgo: 145,
      part: () =>
        textPart('<h1>Lamps</h1><p>No text beside this page.</p><script>alert("no")</script>\n', { subtype: 'html' }),
    },
    { folder: 'Archive', from: priya, subject: 'Boxes in boxes', daysAgo: 420, part: () => nested(8) },
    { folder: 'Archive', from: priya, subject: 'Before and behind', daysAgo: 421, part: () => surrounded() },
    {
      folder: 'Projects',
      from: tom,
      subject: 'Notes in another type',
      daysAgo: 74,
      part: () => textPart('# Notes\n\n* shelter pays\n* tree house does not\n', { subtype: 'markdown' }),
    },
    { folder: 'Archive', from: tom, subject: 'What lies elsewhere', daysAgo: 390, part: () => external() },
    { folder: 'Archive', from: ines, subject: 'Two languages, one letter', daysAgo: 291, part: () => bilingual() },
  ]
}

/** The same Message-ID three times: the owner's copy, what came back from the list, and another letter with its name. */
function twins(world: SampleWorld): readonly Oddity[] {
  const messageId = world.messageId('oddity/twins', world.me)
  const common = { subject: 'One name, several letters', messageId, daysAgo: 37 }
  const part = () => textPart('I have written this once and it is here twice.\n')
  return [
    { ...common, folder: 'Sent', from: world.me, part },
    { ...common, folder: 'INBOX', from: world.me, part, fields: [['List-Id', '<small-bridges.lists.example.org>']] },
    { ...common, folder: 'INBOX', from: leo, part: () => textPart('My program copies names.\n') },
  ]
}

function nested(depth: number): MimePart {
  return depth === 0 ? textPart('The innermost box holds a pebble.\n') : multipart('mixed', [nested(depth - 1)])
}

// RFC 2046 section 5.1.1: what stands around the parts is for programs that know no MIME.
function surrounded(): MimePart {
  const { fields, body } = multipart('mixed', [textPart('Between the lines.\n')])
  const [before, behind] = [
    Buffer.from('This is MIME, says the preamble.\r\n'),
    Buffer.from('That was MIME, says the epilogue.\r\n'),
  ]
  return { fields, body: Buffer.concat([before, body, behind]) }
}

function external(): MimePart {
  const parameters = 'message/external-body; access-type=URL;\r\n URL="https://files.example/plan.pdf"'
  const header = 'Content-Type: application/pdf\r\nContent-ID: <plan@files.example>\r\n\r\n'
  return { fields: [['Content-Type', parameters]], body: Buffer.from(header) }
}

// RFC 8255
function bilingual(): MimePart {
  const inLanguage = (language: string, subject: string, text: string): MimePart => {
    const { fields, body } = textPart(withCrlf(`Subject: ${subject}\n\n${text}\n`))
    const type = ['Content-Type', 'message/rfc822'] as const
    return { fields: [type, ['Content-Language', language], ...fields.slice(1)], body }
  }
  return multipart('multilingual', [
    textPart('This letter is in two languages.\n'),
    inLanguage('en', 'The quay is closed', 'Closed on Monday.'),
    inLanguage('pt', 'O cais fecha', 'Fechado na segunda-feira.'),
  ])
}
