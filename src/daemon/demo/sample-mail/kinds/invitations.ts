import { PEOPLE, type Person } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { type MimePart, multipart, textPart } from '../wire/mime-parts.ts'
import { htmlPage, wrapped } from '../wire/paragraphs.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const CONTENT_LINE_OCTETS = 75 // RFC 5545 section 3.1
const { nadia, ines, mara, tom } = PEOPLE

interface Meeting {
  readonly title: string
  readonly place: string
  readonly organizer: Person
  /** Days after the letter. */
  readonly inDays: number
  readonly hours: number
  readonly rule?: string
}

interface Scheduling {
  readonly method: 'REQUEST' | 'REPLY' | 'CANCEL'
  readonly meeting: Meeting
  readonly folder: string
  readonly from: Person
  readonly to: Person
  readonly daysAgo: number
  /** What the guest says. */
  readonly answer: 'NEEDS-ACTION' | 'ACCEPTED' | 'DECLINED' | 'TENTATIVE'
  readonly sequence: number
}

/** Plans meetings that are called, answered, moved and cancelled by mail (RFC 5546, RFC 6047). */
export function* invitations(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, scheduling] of schedulings(world.me).entries()) {
    const { method, meeting, folder, from, to, daysAgo, answer } = scheduling
    const key = `invitation/${index}`
    const sentMs = world.daysAgo(daysAgo, key)
    yield world.plan({
      ...{ key, folder, from, to: [to], sentMs },
      subject: `${prefixOf(method, answer)}${meeting.title}`,
      part: () => invitation(scheduling, { guest: method === 'REPLY' ? from : to, sentMs }),
    })
  }
}

function schedulings(me: Person): readonly Scheduling[] {
  const talk: Meeting = {
    title: 'Talk: three millimetres',
    place: 'Customs house, hall 2',
    organizer: nadia,
    inDays: 5,
    hours: 1,
  }
  const site: Meeting = {
    title: 'Site meeting, old lock',
    place: 'Crane on the northern quay',
    organizer: ines,
    inDays: 6,
    hours: 2,
  }
  const weekly: Meeting = {
    title: 'Drawing round',
    place: 'Meeting room',
    organizer: mara,
    inDays: 4,
    hours: 1,
    rule: 'FREQ=WEEKLY;COUNT=20',
  }
  const review: Meeting = {
    title: 'Prüfung der Werkpläne – Überbau',
    place: 'Büro, 2. Stock',
    organizer: me,
    inDays: 8,
    hours: 1,
  }
  const request = { method: 'REQUEST', answer: 'NEEDS-ACTION', sequence: 0, to: me } as const
  return [
    { ...request, meeting: talk, folder: 'INBOX', from: nadia, daysAgo: 11 },
    { ...request, meeting: site, folder: 'Projects/Harbour bridge', from: ines, daysAgo: 650 },
    {
      ...request,
      meeting: { ...site, inDays: 7 },
      folder: 'Projects/Harbour bridge',
      from: ines,
      daysAgo: 648,
      sequence: 1,
    },
    { ...request, meeting: weekly, folder: 'Projects', from: mara, daysAgo: 230 },
    { ...request, meeting: review, folder: 'Sent', from: me, to: tom, daysAgo: 205 },
    {
      method: 'REPLY',
      meeting: review,
      folder: 'Projects/Harbour bridge',
      from: tom,
      to: me,
      daysAgo: 204,
      answer: 'ACCEPTED',
      sequence: 0,
    },
    {
      method: 'REPLY',
      meeting: talk,
      folder: 'Sent',
      from: me,
      to: nadia,
      daysAgo: 10,
      answer: 'TENTATIVE',
      sequence: 0,
    },
    {
      method: 'CANCEL',
      meeting: weekly,
      folder: 'INBOX',
      from: mara,
      to: me,
      daysAgo: 7,
      answer: 'NEEDS-ACTION',
      sequence: 2,
    },
  ]
}

function prefixOf(method: Scheduling['method'], answer: Scheduling['answer']): string {
  if (method === 'REQUEST') return 'Invitation: '
  if (method === 'CANCEL') return 'Cancelled: '
  return answer === 'ACCEPTED' ? 'Accepted: ' : answer === 'DECLINED' ? 'Declined: ' : 'Tentative: '
}

interface Sent {
  readonly guest: Person
  readonly sentMs: number
}

function invitation(scheduling: Scheduling, sent: Sent): MimePart {
  const { method, meeting } = scheduling
  const text = `${meeting.title}\n\nWhere: ${meeting.place}\nWhen: ${new Date(startOf(meeting, sent)).toUTCString()}`
  const calendar = writeCalendar(scheduling, sent)
  const alternatives = multipart('alternative', [
    textPart(wrapped(text)),
    textPart(htmlPage(text), { subtype: 'html' }),
    textPart(calendar, { subtype: 'calendar', charset: 'utf-8', parameters: `; method=${method}` }),
  ])
  const name = `;\r\n name="invite.ics"`
  const file = textPart(calendar, { subtype: 'calendar', charset: 'utf-8', encoding: 'base64', parameters: name })
  const fields = [...file.fields, ['Content-Disposition', 'attachment; filename="invite.ics"'] as const]
  return multipart('mixed', [alternatives, { ...file, fields }])
}

function writeCalendar({ method, meeting, answer, sequence }: Scheduling, sent: Sent): string {
  const start = startOf(meeting, sent)
  const { organizer, title, place, hours, rule } = meeting
  const status = method === 'CANCEL' ? 'CANCELLED' : 'CONFIRMED'
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Invented//Demonstration//EN', `METHOD:${method}`, 'BEGIN:VEVENT'],
    `UID:${title.toLowerCase().replace(/[^a-z]+/g, '-')}@${organizer.address.split('@')[1]}`,
    ...[`SEQUENCE:${sequence}`, `DTSTAMP:${utc(sent.sentMs)}`, `DTSTART:${utc(start)}`],
    ...[`DTEND:${utc(start + hours * HOUR_MS)}`, `SUMMARY:${escaped(title)}`, `LOCATION:${escaped(place)}`],
    ...(rule === undefined ? [] : [`RRULE:${rule}`]),
    ...[`STATUS:${status}`, `ORGANIZER;CN="${quoted(organizer.name)}":mailto:${organizer.address}`],
    `ATTENDEE;CN="${quoted(sent.guest.name)}";ROLE=REQ-PARTICIPANT;PARTSTAT=${answer};RSVP=TRUE:mailto:${sent.guest.address}`,
    ...['END:VEVENT', 'END:VCALENDAR'],
  ]
  return lines.map(line => `${folded(line)}\r\n`).join('')
}

// Full hours, as meetings begin.
function startOf({ inDays }: Meeting, { sentMs }: Sent): number {
  return Math.trunc((sentMs + inDays * DAY_MS) / DAY_MS) * DAY_MS + 10 * HOUR_MS
}

function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&')
}

function quoted(name: string): string {
  return name.replaceAll('"', '')
}

function folded(line: string): string {
  let [text, octets] = ['', 0]
  for (const character of line) {
    const length = Buffer.byteLength(character)
    if (octets + length > CONTENT_LINE_OCTETS) [text, octets] = [`${text}\r\n `, 1]
    text += character
    octets += length
  }
  return text
}
