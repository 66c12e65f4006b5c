import { PEOPLE } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { Letter, SampleWorld } from '../sample-world.ts'
import { makePdf, makePng, makeZip } from '../wire/invented-files.ts'
import { filePart, type MimePart, messageOctets, messagePart, multipart, textPart } from '../wire/mime-parts.ts'
import { makeTnef } from '../wire/tnef.ts'

const LARGE_OCTETS = 2_200_000 // 3 MB in base64
const { tom, mara, jonas, greta, ines, bruno, leo } = PEOPLE

type Sketch = Omit<Letter, 'key' | 'sentMs' | 'part'> & {
  readonly daysAgo: number
  readonly part: (key: string) => MimePart
}

/** Plans letters with files: documents, pictures in the page, letters in letters, winmail.dat, a very large one. */
export function* attachments(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, { daysAgo, part, ...letter }] of sketches(world).entries()) {
    const key = `attachment/${index}`
    yield world.plan({ ...letter, key, sentMs: world.daysAgo(daysAgo, key), part: () => part(key) })
  }
}

function sketches(world: SampleWorld): readonly Sketch[] {
  const bridge = 'Projects/Harbour bridge'
  return [
    { folder: bridge, from: tom, subject: 'Levels of the abutment', daysAgo: 620, part: () => sheet() },
    { folder: bridge, from: mara, subject: 'Railing, elevation', daysAgo: 430, part: () => twoFiles() },
    { folder: bridge, from: ines, subject: 'Fotos do cais', daysAgo: 99, part: () => album() },
    { folder: bridge, from: tom, subject: 'Point cloud, thinned', daysAgo: 58, part: key => large(world, key) },
    { folder: 'Family', from: jonas, subject: 'The seal', daysAgo: 329, part: () => picturePage() },
    { folder: 'Projects/Café', from: greta, subject: 'Zeichnung Theke.pdf', daysAgo: 466, part: () => longName() },
    { folder: 'INBOX', from: bruno, subject: 'Fwd: Prüfbericht', daysAgo: 11, part: () => forwarded(world) },
    { folder: 'INBOX', from: leo, subject: 'Price list', daysAgo: 8, part: () => winmail(world) },
    { folder: 'Archive', from: leo, subject: 'Digest of the week', daysAgo: 180, part: () => digest(world) },
    {
      folder: 'Sent',
      from: world.me,
      to: [ines],
      subject: 'Drawings for the board',
      daysAgo: 320,
      part: () => archive(),
    },
  ]
}

function mixed(text: string, ...files: readonly MimePart[]): MimePart {
  return multipart('mixed', [textPart(`${text}\n`), ...files])
}

function sheet(): MimePart {
  const rows = Array.from(
    { length: 12 },
    (_, month) => `2024-${String(month + 1).padStart(2, '0')},${(4.218 - month * 0.0004).toFixed(4)}`,
  )
  const octets = Buffer.from(`month,level\r\n${rows.join('\r\n')}\r\n`)
  return mixed('Levels attached, one line a month.', filePart({ type: 'text/csv', name: 'levels.csv', octets }))
}

function twoFiles(): MimePart {
  const pdf = makePdf(['Railing, elevation', 'Scale 1:20', 'Revision A'])
  const png = makePng({ width: 320, height: 200, from: [40, 60, 80], to: [200, 220, 230] })
  return mixed(
    'Elevation and a view from the water. Mind the shadow.',
    filePart({ type: 'application/pdf', name: 'railing-elevation.pdf', octets: pdf }),
    filePart({ type: 'image/png', name: 'from-the-water.png', octets: png }),
  )
}

function album(): MimePart {
  const views = (['north', 'east', 'south', 'west'] as const).map((name, index) => {
    const octets = makePng({
      width: 240,
      height: 160,
      from: [10 + 60 * index, 80, 140],
      to: [250, 210, 120 + 30 * index],
    })
    return filePart({ type: 'image/png', name: `cais-${name}.png`, octets })
  })
  return mixed('Quatro vistas do cais, antes da obra.', ...views)
}

function large(world: SampleWorld, key: string): MimePart {
  const octets = world.random(key).octets(LARGE_OCTETS)
  return mixed(
    'Every hundredth point. The whole cloud is on the stick.',
    filePart({ type: 'application/octet-stream', name: 'cloud.bin', octets }),
  )
}

function picturePage(): MimePart {
  const id = 'seal@ashby-family.example'
  const html = `<html><body><p>Look at him:</p><p><img src="cid:${id}" alt="a seal on a rock"></p><p>J.</p></body></html>`
  const octets = makePng({ width: 400, height: 260, from: [90, 110, 120], to: [190, 200, 205] })
  const page = [
    textPart(`${html}\n`, { subtype: 'html' }),
    filePart({ type: 'image/png', name: 'seal.png', octets, contentId: id }),
  ]
  const alternatives = [textPart('Look at him:\n\n[a seal on a rock]\n\nJ.\n'), multipart('related', page)]
  return multipart('alternative', alternatives)
}

function longName(): MimePart {
  const octets = makePdf(['Theke', 'Eiche, 62 mm'])
  return mixed(
    'Anbei.',
    filePart({ type: 'application/pdf', name: 'Zeichnung der Theke – Maße & Höhen (2. Fassung).pdf', octets }),
  )
}

function forwarded(world: SampleWorld): MimePart {
  const sentMs = world.daysAgo(12, 'attachment/report')
  const from = { name: 'Prüfstelle Nord', address: 'post@pruefstelle.example' }
  const part = () =>
    mixed(
      'Alle Nähte in Ordnung.',
      filePart({
        type: 'application/pdf',
        name: 'bericht.pdf',
        octets: makePdf(['Bericht 118', 'Naht 1-24: ohne Befund']),
      }),
    )
  const letter = {
    key: 'attachment/report',
    folder: 'INBOX',
    from,
    to: [bruno],
    subject: 'Prüfbericht 118',
    sentMs,
    part,
  }
  return multipart('mixed', [
    textPart('Zur Kenntnis.\n\nB. W.\n'),
    messagePart(messageOctets(world.fieldsOf(letter), part())),
  ])
}

function winmail(world: SampleWorld): MimePart {
  const file = { name: 'prices.pdf', octets: makePdf(['Shades, large: 85', 'Shades, small: 60']) }
  const sentMs = world.daysAgo(8, 'attachment/winmail')
  const octets = makeTnef({ subject: 'Price list', text: 'Prices attached.', sentMs, file })
  return mixed('Prices attached.', filePart({ type: 'application/ms-tnef', name: 'winmail.dat', octets }))
}

function digest(world: SampleWorld): MimePart {
  const letters = ['Lamps in fog', 'Fog in lamps', 'Neither'].map((subject, index) => {
    const sentMs = world.daysAgo(186 - index, `attachment/digest/${index}`)
    const part = () => textPart(`${subject}: see the corner of the workshop.\n`)
    const letter = { key: `attachment/digest/${index}`, folder: '', from: leo, subject, sentMs, part }
    return { fields: [], body: messageOctets(world.fieldsOf(letter), part()) } // RFC 2046 section 5.1.5
  })
  return multipart('digest', letters)
}

function archive(): MimePart {
  const octets = makeZip({
    'plan.pdf': makePdf(['Plan', 'Scale 1:100']),
    'section.pdf': makePdf(['Section', 'Scale 1:50']),
    'readme.txt': Buffer.from('Print on A1, please.\r\n'),
  })
  return mixed('All sheets in one archive.', filePart({ type: 'application/zip', name: 'drawings.zip', octets }))
}
