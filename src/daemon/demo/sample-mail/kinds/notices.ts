import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import type { Mailbox } from '../wire/header-fields.ts'
import { makePdf } from '../wire/invented-files.ts'
import { filePart, type MimePart, multipart, textPart } from '../wire/mime-parts.ts'
import { htmlPage, wrapped } from '../wire/paragraphs.ts'
import type { SeededRandom } from '../wire/seeded-random.ts'

/** What a program writes, again and again. */
interface Notice {
  readonly folder: string
  readonly from: Mailbox
  readonly count: number
  /** Days ago of the newest one, and days between two. */
  readonly newest: number
  readonly every: number
  readonly make: (random: SeededRandom) => NoticeText
}

interface NoticeText {
  readonly subject: string
  readonly text: string
  /** A PDF of these lines comes along. */
  readonly paper?: { readonly name: string; readonly lines: readonly string[] }
}

const GOODS = [
  'drawing pens',
  'a folding rule',
  'two desk lamps',
  'tracing paper',
  'rubber boots',
  'a kettle',
  'filter paper',
]
const TOWNS = ['Oyster Quay', 'Northhaven', 'Millbrook', 'Saltford', 'Lakeside', 'Port Amber']
const sender = (name: string, address: string): Mailbox => ({ name, address })

const NOTICES: readonly Notice[] = [
  {
    ...{
      folder: 'INBOX',
      from: sender('Paperworks Shop', 'orders@paperworks.example'),
      count: 9,
      newest: 3,
      every: 41,
    },
    make: random => {
      const [number, goods] = [random.integer(100_000, 999_999), random.pick(GOODS)]
      const text = `Hello Robin,\n\nthank you for your order ${number}: ${goods}. We pack it today and write again when it is on its way.\n\nTotal: ${random.integer(8, 180)}.${random.integer(10, 99)} EUR, paid by invoice.`
      return { subject: `Your order ${number}`, text }
    },
  },
  {
    ...{ folder: 'INBOX', from: sender('Parcel Post', 'no-reply@parcels.example'), count: 9, newest: 1, every: 38 },
    make: random => {
      const number = `PX${random.integer(10_000_000, 99_999_999)}`
      const text = `Your parcel ${number} comes today between ${random.integer(8, 11)}:00 and ${random.integer(12, 17)}:00. You do not have to be at home: the baker takes it, as always.`
      return { subject: `Parcel ${number} is on its way`, text }
    },
  },
  {
    ...{
      folder: 'Archive',
      from: sender('Oyster Quay Utilities', 'billing@utilities.example'),
      count: 16,
      newest: 20,
      every: 44,
    },
    make: random => {
      const [units, number] = [random.integer(140, 420), random.integer(10_000, 99_999)]
      const lines = [
        `Invoice ${number}`,
        '',
        `Electricity: ${units} kWh`,
        `Amount due: ${(units * 0.29).toFixed(2)} EUR`,
      ]
      const text = `Dear customer,\n\nyour invoice ${number} is attached. You have used ${units} kWh. The amount is taken from your account in ten days.`
      return { subject: `Invoice ${number}`, text, paper: { name: `invoice-${number}.pdf`, lines } }
    },
  },
  {
    ...{
      folder: 'Travel',
      from: sender('Coastal Railways', 'tickets@coastal-rail.example'),
      count: 10,
      newest: 25,
      every: 70,
    },
    make: random => {
      const [from, code] = [random.pick(TOWNS), random.hex(6).toUpperCase()]
      const to = random.pick(TOWNS.filter(town => town !== from))
      const seat = `coach ${random.integer(1, 9)}, seat ${random.integer(11, 88)}`
      const leaves = `${String(random.integer(5, 22)).padStart(2, '0')}:${random.integer(10, 59)}`
      const lines = [`Ticket ${code}`, `${from} - ${to}`, `Departure ${leaves}, ${seat}`]
      const text = `Your ticket ${code} from ${from} to ${to} is attached.\n\nDeparture ${leaves}, ${seat}. Change trains where you like, the ticket is good all day.`
      return { subject: `${from} – ${to}: your ticket`, text, paper: { name: `ticket-${code}.pdf`, lines } }
    },
  },
  {
    ...{
      folder: 'INBOX',
      from: sender('Demo Accounts', 'security@accounts.example.com'),
      count: 5,
      newest: 6,
      every: 120,
    },
    make: random => {
      const town = random.pick(TOWNS)
      const text = `Somebody has signed in to your account from ${town} with a program that we have not seen before. If this was you, all is well. If not, change your password.`
      return { subject: `New sign-in from ${town}`, text }
    },
  },
  {
    ...{ folder: 'Trash', from: sender('Build Robot', 'robot@northspan.example'), count: 11, newest: 2, every: 9 },
    make: random => {
      const [number, isGood] = [random.integer(1000, 4000), random.chance(0.7)]
      const text = `Drawing set ${number}: ${isGood ? 'all 48 sheets exported.' : 'sheet 17 could not be exported, its font is missing.'}`
      return { subject: `[drawings] #${number} ${isGood ? 'exported' : 'failed'}`, text }
    },
  },
]

/** Plans what programs send: orders, parcels, invoices, tickets. */
export function* notices(world: SampleWorld): Generator<PlannedMessage> {
  for (const notice of NOTICES) {
    for (let index = 0; index < notice.count; index++) yield noticeOf(world, notice, index)
  }
}

function noticeOf(world: SampleWorld, { folder, from, newest, every, make }: Notice, index: number): PlannedMessage {
  const key = `notice/${from.address}/${index}`
  const { subject, text, paper } = make(world.random(key))
  const isOld = folder === 'INBOX' && index >= 7
  return world.plan({
    ...{ key, folder: isOld ? 'Archive' : folder, from, subject },
    sentMs: world.daysAgo(newest + index * every, key),
    fields: [['Auto-Submitted', 'auto-generated']],
    part: () => bodyOf(text, paper),
  })
}

function bodyOf(text: string, paper: NoticeText['paper']): MimePart {
  const body = multipart('alternative', [
    textPart(wrapped(text), { encoding: 'quoted-printable' }),
    textPart(htmlPage(text), { subtype: 'html', encoding: 'quoted-printable' }),
  ])
  if (!paper) return body
  return multipart('mixed', [
    body,
    filePart({ type: 'application/pdf', name: paper.name, octets: makePdf(paper.lines) }),
  ])
}
