import fc from 'fast-check'
import t from 'tap'
import { checkObject } from '../../../src/formats/groupware/check-object.ts'
import { contact, event } from '../../support/dav.ts'

const check = (text: string) => checkObject(Buffer.from(text))

t.test('one event, task, note or contact is whole', async t => {
  t.same(check(event('a', 'x')), { ok: true, object: { component: 'VEVENT', uid: 'a' } })
  t.same(check(event('a', 'x').replaceAll('VEVENT', 'VTODO')), { ok: true, object: { component: 'VTODO', uid: 'a' } })
  t.same(check(contact('c', 'Ada')), { ok: true, object: { component: 'VCARD', uid: 'c' } })
  const series = event('a', 'x').replace(
    'END:VCALENDAR',
    'BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260201T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR',
  )
  t.match(check(series), { ok: true }, 'with an exception')
})

t.test('everything else says what is wrong', async t => {
  for (const [text, why] of [
    ['', /empty/],
    ['hello', /invalid line/],
    ['BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n', /nothing in it/],
    [event('a', 'x').replace('END:VEVENT\r\n', ''), /did not end|END/i],
    [event('a', 'x').replace('UID:a\r\n', ''), /no UID/],
    [event('a', 'x').replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:REQUEST'), /METHOD/],
    [event('a', 'x').replace('END:VCALENDAR', 'BEGIN:VEVENT\r\nUID:b\r\nEND:VEVENT\r\nEND:VCALENDAR'), /several/],
    [event('a', 'x') + event('b', 'y'), /several/],
    [contact('a', 'x') + contact('b', 'y'), /several/],
    [contact('a', 'x').replace('UID:a\r\n', ''), /no UID/],
    [contact('a', 'x').replace('FN:x\r\n', ''), /no name/],
    ['BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n', /vevent/],
  ] as const) {
    t.match(check(text), { ok: false, why }, String(why))
  }
  t.match(checkObject(Buffer.from(event('a', '\xff'), 'latin1')), { ok: false, why: /UTF-8/ })
})

t.test('any octets are whole or are not', async () => {
  const words = fc.constantFrom(
    'BEGIN:VCALENDAR\r\n',
    'END:VCALENDAR\r\n',
    'BEGIN:VEVENT\r\n',
    'END:VEVENT\r\n',
    'UID:1\r\n',
    'DTSTART:x\r\n',
    'RRULE:FREQ=\r\n',
    ';',
    ':',
  )
  const soup = fc.array(fc.oneof(words, fc.string())).map(parts => Buffer.from(parts.join('')))
  fc.assert(fc.property(soup, octets => typeof checkObject(octets).ok === 'boolean'))
})
