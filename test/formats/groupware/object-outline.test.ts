import fc from 'fast-check'
import t from 'tap'
import { outlineOf } from '../../../src/formats/groupware/object-outline.ts'

const lines = (...all: readonly string[]) => Buffer.from(all.join('\r\n'))

t.test('an event tells its summary, folded and escaped as it is, and its organizer', async t => {
  const outline = outlineOf(
    lines(
      ...['BEGIN:VCALENDAR', 'BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'BEGIN:STANDARD', 'DTSTART:19961027T030000'],
      ...['END:STANDARD', 'END:VTIMEZONE', 'BEGIN:VEVENT', 'UID:a@b', 'DTSTART;TZID="Europe/Berlin":20260301T093000'],
      ...['SUMMARY;LANGUAGE=de:Kaffee\\, Ku', ' chen\\nund Tee', 'ORGANIZER;CN="A; B:C":mailto:ada@example.test'],
      ...['BEGIN:VALARM', 'SUMMARY:an alarm', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR'],
    ),
  )
  t.same(outline, {
    ...{ kind: 'event', uid: 'a@b', subject: 'Kaffee, Kuchen und Tee', address: 'ada@example.test' },
    date: '2026-03-01T09:30:00',
  })
})

t.test('of a series, the series is shown, whatever stands first', async t => {
  const exception = ['BEGIN:VEVENT', 'UID:1', 'RECURRENCE-ID:20260102T100000Z', 'SUMMARY:moved once', 'END:VEVENT']
  const series = ['BEGIN:VEVENT', 'UID:1', 'DTSTART:20260101T100000Z', 'SUMMARY:each week', 'END:VEVENT']
  const octets = lines('BEGIN:VCALENDAR', ...exception, ...series, 'END:VCALENDAR')
  t.match(outlineOf(octets), { subject: 'each week', date: '2026-01-01T10:00:00Z' })
})

t.test('a task tells when it is due, a whole day is a day, a contact has no date', async t => {
  const task = lines('BEGIN:VCALENDAR', 'BEGIN:VTODO', 'DUE;VALUE=DATE:20260507', 'END:VTODO', 'END:VCALENDAR')
  t.match(outlineOf(task), { kind: 'task', date: '2026-05-07', subject: undefined })
  const card = lines(
    'BEGIN:VCARD',
    'VERSION:3.0',
    'item1.EMAIL;TYPE=work:ada@example.test',
    'FN:Ada',
    'UID:u',
    'END:VCARD',
  )
  t.same(outlineOf(card), {
    ...{ kind: 'contact', uid: 'u', subject: 'Ada', date: undefined, address: 'ada@example.test' },
  })
  t.match(outlineOf(Buffer.from('BEGIN:VCARD\nORG:Acme\nEND:VCARD')), { subject: 'Acme' }, 'bare line feeds')
})

t.test('any octets give an answer', async () => {
  const words = fc.constantFrom('BEGIN:', 'END:', 'VEVENT', 'VCARD', '\r\n', ' ', ';', '"', ':', 'UID', '\\', 'DTSTART')
  const soup = fc.array(fc.oneof(words, fc.string({ unit: 'binary' }))).map(parts => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(fc.oneof(soup, fc.uint8Array().map(Buffer.from)), octets => typeof outlineOf(octets) === 'object'),
  )
})

t.test('a line of quotes without an end takes no square of its length', { timeout: 20_000 }, async t => {
  t.match(outlineOf(Buffer.from(`BEGIN:VEVENT\nX${';A="'.repeat(16_000)}\nUID:1`)), { kind: 'event' })
})
