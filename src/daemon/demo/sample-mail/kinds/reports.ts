import { PEOPLE } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { type Mailbox, writeDate } from '../wire/header-fields.ts'
import { type MimePart, messageOctets, messagePart, multipart, textPart, withCrlf } from '../wire/mime-parts.ts'

const { ines, bruno, leo, kenji } = PEOPLE

interface Undelivered {
  readonly to: string
  readonly action: 'failed' | 'delayed' | 'delivered'
  readonly status: string
  readonly diagnostic: string
  readonly daysAgo: number
}

const UNDELIVERED: readonly Undelivered[] = [
  {
    to: 'lock.keeper@oysterquay.example',
    action: 'failed',
    status: '5.1.1',
    diagnostic: '550 5.1.1 no such user here',
    daysAgo: 14,
  },
  { to: 'archive@museum.example', action: 'delayed', status: '4.4.1', diagnostic: 'connection timed out', daysAgo: 95 },
  { to: 'archive@museum.example', action: 'failed', status: '4.4.7', diagnostic: 'delivery time expired', daysAgo: 91 },
  { to: 'big.box@example.com', action: 'failed', status: '5.2.2', diagnostic: '552 5.2.2 mailbox full', daysAgo: 390 },
  { to: ines.address, action: 'delivered', status: '2.0.0', diagnostic: '250 2.0.0 ok', daysAgo: 319 },
]

/** Plans reports of deliveries (RFC 3464), read receipts (RFC 8098), a complaint (RFC 5965) and an automatic answer. */
export function* reports(world: SampleWorld): Generator<PlannedMessage> {
  for (const [index, undelivered] of UNDELIVERED.entries()) yield deliveryReport(world, index, undelivered)
  yield* receipts(world)
  yield complaint(world)
  yield away(world)
}

function deliveryReport(world: SampleWorld, index: number, { to, action, status, diagnostic, daysAgo }: Undelivered) {
  const key = `report/${index}`
  const sentMs = world.daysAgo(daysAgo, key)
  const words = { failed: 'could not be delivered', delayed: 'is delayed', delivered: 'was delivered' }[action]
  const host = `mx.${world.me.address.split('@')[1]}`
  const from: Mailbox = { name: 'Mail Delivery System', address: `mailer-daemon@${host}` }
  const facts = `Reporting-MTA: dns; ${host}
Arrival-Date: ${writeDate(sentMs - 60_000)}

Final-Recipient: rfc822; ${to}
Action: ${action}
Status: ${status}
Diagnostic-Code: smtp; ${diagnostic}
`
  return world.plan({
    ...{ key, folder: action === 'failed' ? 'INBOX' : 'Archive', from, sentMs },
    subject: action === 'failed' ? 'Undelivered Mail Returned to Sender' : `Your message ${words}`,
    fields: [['Auto-Submitted', 'auto-replied']],
    part: () =>
      multipart(
        'report',
        [
          textPart(`Your message to <${to}> ${words}.\n\n  ${diagnostic}\n`),
          machinePart('message/delivery-status', facts),
          // The whole letter comes back when it failed, else only its header (RFC 3461 section 4.3).
          action === 'failed' ? messagePart(letterTo(world, to, sentMs)) : headerPart(world, to, sentMs),
        ],
        '; report-type=delivery-status',
      ),
  })
}

function letterTo(world: SampleWorld, to: string, sentMs: number): Buffer {
  const part = () => textPart('Dear archive,\n\ndo you have sheet 14 of the swing bridge?\n\nRobin\n')
  const letter = { folder: 'Sent', from: world.me, to: [{ name: '', address: to }], subject: 'Sheet 14', part }
  const fields = world.fieldsOf({ ...letter, key: `report/letter/${to}/${sentMs}`, sentMs: sentMs - 60_000 })
  return messageOctets(fields, part())
}

function headerPart(world: SampleWorld, to: string, sentMs: number): MimePart {
  const octets = letterTo(world, to, sentMs)
  const end = octets.indexOf('\r\n\r\n')
  return { fields: [['Content-Type', 'text/rfc822-headers']], body: octets.subarray(0, end + 2) }
}

function* receipts(world: SampleWorld): Generator<PlannedMessage> {
  const asked = 'report/asked'
  const askedMs = world.daysAgo(300, asked)
  yield world.plan({
    ...{ key: asked, folder: 'Sent', from: world.me, to: [bruno], subject: 'Freigabe der Werkpläne', sentMs: askedMs },
    fields: [['Disposition-Notification-To', world.me.address]],
    part: () => textPart('Sehr geehrter Herr Weiß,\n\ndie Pläne sind freigegeben.\n\nRobin Ashby\n'),
  })
  for (const [index, [who, disposition]] of (
    [
      [bruno, 'displayed'],
      [leo, 'deleted'],
    ] as const
  ).entries()) {
    const key = `report/receipt/${index}`
    const original = world.messageId(asked, world.me)
    const facts = `Reporting-UA: desk.example; Invented Mail
Final-Recipient: rfc822; ${who.address}
Original-Message-ID: ${original}
Disposition: manual-action/MDN-sent-manually; ${disposition}
`
    yield world.plan({
      ...{ key, folder: 'Archive', from: who, subject: 'Read: Freigabe der Werkpläne', references: [original] },
      sentMs: askedMs + (index + 1) * 7_200_000,
      part: () =>
        multipart(
          'report',
          [textPart(`Your message was ${disposition}.\n`), machinePart('message/disposition-notification', facts)],
          '; report-type=disposition-notification',
        ),
    })
  }
}

function complaint(world: SampleWorld): PlannedMessage {
  const key = 'report/complaint'
  const sentMs = world.daysAgo(160, key)
  const facts = `Feedback-Type: abuse
User-Agent: Feedback/1.0
Version: 1
Original-Mail-From: <${world.me.address}>
`
  return world.plan({
    ...{
      key,
      folder: 'Archive',
      from: { name: 'Feedback', address: 'fbl@example.com' },
      subject: 'Complaint about a message',
    },
    sentMs,
    part: () =>
      multipart(
        'report',
        [
          textPart('Somebody took the call for papers for spam.\n'),
          machinePart('message/feedback-report', facts),
          messagePart(letterTo(world, 'reader@example.com', sentMs)),
        ],
        '; report-type=feedback-report',
      ),
  })
}

function away(world: SampleWorld): PlannedMessage {
  const key = 'report/away'
  return world.plan({
    ...{
      key,
      folder: 'INBOX',
      from: kenji,
      subject: 'Automatic reply: 不在のお知らせ',
      sentMs: world.daysAgo(18, key),
    },
    fields: [
      ['Auto-Submitted', 'auto-replied (vacation)'],
      ['X-Auto-Response-Suppress', 'All'],
    ],
    part: () =>
      textPart('I am in the mountains until Monday. There is no signal, only bells.\n\n月曜日まで不在です。\n'),
  })
}

function machinePart(type: string, text: string): MimePart {
  return { fields: [['Content-Type', type]], body: Buffer.from(withCrlf(text)) }
}
