import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import type { Mailbox } from '../wire/header-fields.ts'
import { makePng } from '../wire/invented-files.ts'
import { filePart, type MimePart, multipart, textPart } from '../wire/mime-parts.ts'
import { escapeHtml, wrapped } from '../wire/paragraphs.ts'

interface Newsletter {
  readonly from: Mailbox
  readonly listId: string
  /** Days between two issues. */
  readonly every: number
  readonly accent: readonly [number, number, number]
  readonly issues: readonly (readonly [title: string, lead: string])[]
}

const NEWSLETTERS: readonly Newsletter[] = [
  {
    from: { name: 'Slow Structures Weekly', address: 'editor@slow-structures.example' },
    listId: 'Slow Structures Weekly <weekly.slow-structures.example>',
    every: 58,
    accent: [30, 90, 120],
    issues: [
      ['Why old piers lean', 'Six piers, six reasons, and one that leans because it likes to.'],
      ['The quiet return of wrought iron', 'Three smiths explain why a hammer is still faster than a form.'],
      ['Concrete that heals', 'Bacteria close cracks of half a millimetre. We asked them how they feel about it.'],
      ['A bridge of reed', 'It carries four people, lasts four years, and grows back.'],
      ['Reading a crack', 'Straight, stepped or hairy: what a wall tries to tell you.'],
      ['The lock keepers’ archive', '9,000 pages of weather, fish and complaints, now open to everybody.'],
      ['Lead caps, again', 'A technique of 1890 beats a coating of 1990.'],
      ['How to lift a bridge with the moon', 'Tide tables as a crane: two case studies and a wet surveyor.'],
      ['Stairs are the slowest machines', 'On treads, risers, and the knee.'],
      ['Lime, sand, patience', 'The recipe has three ingredients and you only ever forget the last.'],
      ['The museum of wrong drawings', 'Mirrored plans, swapped feet and metres, a door to nowhere.'],
      ['Rust that protects', 'When weathering steel works, and when it only looks as if.'],
    ],
  },
  {
    from: { name: 'Kantine & Küche', address: 'post@kantine-und-kueche.example' },
    listId: '<rezepte.kantine-und-kueche.example>',
    every: 90,
    accent: [180, 70, 40],
    issues: [
      ['Linsen für viele', 'Zwanzig Portionen, ein Topf, kein Stress: unser Eintopf für Umzüge.'],
      ['Brot vom Vortag', 'Knödel, Suppe, Auflauf – drei Ideen gegen das Wegwerfen.'],
      ['Grüne Soße, sieben Kräuter', 'Welche sieben es sind, darüber streiten wir seit der Gründung.'],
      ['Kürbis ohne Kürbissuppe', 'Gebacken, eingelegt, geraspelt: es geht auch anders.'],
      ['Das beste Rührei', 'Niedrige Hitze, viel Geduld und ein Stück kalte Butter.'],
      ['Pflaumen einmachen', 'Mit Zimt, mit Nelke oder, für Mutige, mit Rosmarin.'],
    ],
  },
  {
    from: { name: 'Tidewater Museum', address: 'friends@tidewater-museum.example' },
    listId: 'Friends of the Museum <friends.tidewater-museum.example>',
    every: 105,
    accent: [20, 110, 90],
    issues: [
      ['Knots: an exhibition to touch', 'Two hundred knots, four of them secret. Opens on Friday.'],
      ['Night at the museum', 'Bring a torch. The whale will be lit from inside.'],
      ['The ferry that never sailed', 'Built, launched, forgotten: the strange story of hull 41.'],
      ['Free entry in January', 'It is cold, the galleries are warm, and there is soup.'],
      ['Lost and found on the beach', 'Your finds of this summer, from a wooden leg to a perfectly good door.'],
      ['Thank you, volunteers', 'You gave 4,100 hours. We counted twice.'],
    ],
  },
]

/** Plans newsletters: a page with a picture, and what is needed to unsubscribe (RFC 2369, RFC 8058). */
export function* newsletters(world: SampleWorld): Generator<PlannedMessage> {
  for (const newsletter of NEWSLETTERS) {
    for (const index of newsletter.issues.keys()) yield issueOf(world, newsletter, index)
  }
}

function issueOf(world: SampleWorld, newsletter: Newsletter, index: number): PlannedMessage {
  const { from, listId, every, issues } = newsletter
  const [title, lead] = issues[index] ?? ['', '']
  const host = from.address.split('@')[1]
  const key = `newsletter/${host}/${index}`
  const token = world.random(key).hex(24)
  return world.plan({
    ...{ key, folder: 'Newsletters', from, subject: title },
    sentMs: world.daysAgo((issues.length - 1 - index) * every + 3, key),
    fields: [
      ['List-Id', listId],
      ['List-Unsubscribe', `<https://${host}/u/${token}>,\r\n <mailto:leave-${token}@${host}?subject=leave>`],
      ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
      ['Precedence', 'bulk'],
    ],
    part: () => page(newsletter, { title, lead, number: index + 1, leave: `https://${host}/u/${token}` }),
  })
}

interface Issue {
  readonly title: string
  readonly lead: string
  readonly number: number
  readonly leave: string
}

function page({ from, accent }: Newsletter, { title, lead, number, leave }: Issue): MimePart {
  const colour = `rgb(${accent.join(', ')})`
  const picture = `banner-${number}@${from.address.split('@')[1]}`
  const html = `<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="margin: 0; background: #f2f2f2; font-family: Georgia, serif">
<div style="display: none">${escapeHtml(lead)}</div>
<table role="presentation" width="100%"><tr><td align="center">
<table role="presentation" width="600" style="background: #ffffff">
<tr><td><img src="cid:${picture}" width="600" height="90" alt="${escapeHtml(from.name)}"></td></tr>
<tr><td style="padding: 24px"><h1 style="color: ${colour}">${escapeHtml(title)}</h1>
<p>${escapeHtml(lead)}</p>
<p><a href="https://${from.address.split('@')[1]}/${number}" style="color: ${colour}">Read on</a></p></td></tr>
<tr><td style="padding: 24px; font-size: 12px">No. ${number} · <a href="${leave}">Unsubscribe</a></td></tr>
</table></td></tr></table></body></html>
`
  const plain = wrapped(
    `${title}\n\n${lead}\n\nhttps://${from.address.split('@')[1]}/${number}\n\n-- \nNo. ${number}. Unsubscribe: ${leave}`,
  )
  const octets = makePng({ width: 600, height: 90, from: accent, to: [240, 240, 230] })
  const related = [
    textPart(html, { subtype: 'html', encoding: 'quoted-printable' }),
    filePart({ type: 'image/png', name: 'banner.png', octets, contentId: picture }),
  ]
  return multipart('alternative', [
    textPart(plain, { encoding: 'quoted-printable' }),
    multipart('related', related, '; type="text/html"'),
  ])
}
