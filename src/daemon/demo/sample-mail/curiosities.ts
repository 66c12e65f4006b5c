import { base64Lines, filePart, message, multipart, type Part, textPart, utf8, words } from './compose.ts'

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4z8AAAAMBAQAY3Y2wAAAAAElFTkSuQmCC',
  'base64',
)
const LARGE_OCTETS = 3_000_000

/** A kind of message that mail programs must be able to show, with its name for the subject. */
export interface Curiosity {
  readonly folder: string
  readonly subject: string
  readonly make: (fields: readonly string[], to: string) => Buffer
}

const simple = (part: Part) => (fields: readonly string[]) => message(fields, part)
const raw = (head: readonly string[], body: string) => (fields: readonly string[]) =>
  Buffer.from(`${[...fields, ...head].join('\r\n')}\r\n\r\n${body}`, 'latin1')

function pdf(): Buffer {
  const text = 'BT /F1 24 Tf 72 720 Td (Invoice 2026-117) Tj ET'
  return Buffer.from(
    `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length ${text.length}>>stream\n${text}\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`,
  )
}

// A TNEF stream of one attribute: signature, key, then level, id, length, octets and checksum ([MS-OXTNEF] 2.1.3).
function winmail(): Buffer {
  const body = Buffer.from('Sent by a program that packs everything into one file.\0', 'latin1')
  const head = Buffer.alloc(6 + 9)
  head.writeUInt32LE(0x223e9f78, 0)
  head.writeUInt16LE(1, 4)
  head.writeUInt8(1, 6) // level: message
  head.writeUInt32LE(0x0002800c, 7) // attBody
  head.writeUInt32LE(body.length, 11)
  const tail = Buffer.alloc(2)
  tail.writeUInt16LE(body.reduce((sum, octet) => (sum + octet) & 0xffff, 0))
  return Buffer.concat([head, body, tail])
}

function invitation(method: 'REQUEST' | 'CANCEL', to: string): Part {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//demo.example//invented//EN',
    `METHOD:${method}`,
    'BEGIN:VEVENT',
    'UID:opening-2026@buero.example',
    'DTSTAMP:20260301T090000Z',
    'DTSTART:20260315T180000Z',
    'DTEND:20260315T210000Z',
    'ORGANIZER;CN=Anne:mailto:anne@buero.example',
    `ATTENDEE;RSVP=TRUE:mailto:${to}`,
    'SUMMARY:Opening of the café',
    ...(method === 'CANCEL' ? ['STATUS:CANCELLED', 'SEQUENCE:1'] : ['SEQUENCE:0']),
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
  const fields = [`Content-Type: text/calendar; charset=utf-8; method=${method}`, 'Content-Transfer-Encoding: 8bit']
  return multipart('alternative', [textPart('You are invited.\r\n'), { fields, body: utf8(lines.join('\r\n')) }])
}

function newsletter(): Part {
  const html =
    '<html><body style="font-family:sans-serif"><h1>Autumn at the market</h1><p>Pumpkins, <b>quinces</b> and &auml;pfel.</p><img src="cid:logo" alt="logo"></body></html>\r\n'
  const related = multipart('related', [
    textPart(html, 'html'),
    filePart(PIXEL, 'image/png', 'logo.png', ['Content-ID: <logo>']),
  ])
  return multipart('alternative', [textPart('Autumn at the market: pumpkins, quinces and äpfel.\r\n'), related])
}

function report(to: string): Part {
  const status = `Reporting-MTA: dns; mx.demo.example\r\n\r\nFinal-Recipient: rfc822; nobody@nowhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n`
  const original = `From: ${to}\r\nTo: nobody@nowhere.example\r\nSubject: Are you there?\r\n`
  return multipart(
    'report',
    [
      textPart('Your message could not be delivered: there is no such user.\r\n'),
      { fields: ['Content-Type: message/delivery-status'], body: status },
      { fields: ['Content-Type: text/rfc822-headers'], body: original },
    ],
    '; report-type=delivery-status',
  )
}

function receipt(to: string): Part {
  const body = `Reporting-UA: mail.example\r\nFinal-Recipient: rfc822; ${to}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n`
  const parts = [
    textPart('Your message was displayed.\r\n'),
    { fields: ['Content-Type: message/disposition-notification'], body },
  ]
  return multipart('report', parts, '; report-type=disposition-notification')
}

/** Of octets that are no signature of anybody: mail programs say so. */
function signed(): Part {
  const parts = [textPart('This message has a signature that cannot be checked.\r\n')]
  const signature = filePart(Buffer.from('not a real signature'), 'application/pkcs7-signature', 'smime.p7s')
  return multipart('signed', [...parts, signature], '; protocol="application/pkcs7-signature"; micalg=sha-256')
}

const encodedAs = (charset: string, base64: string): Part => ({
  fields: [`Content-Type: text/plain; charset=${charset}`, 'Content-Transfer-Encoding: base64'],
  body: base64Lines(Buffer.from(base64, 'base64')),
})

/** One message of each kind that is not everyday. */
export const CURIOSITIES: readonly Curiosity[] = [
  {
    folder: 'INBOX',
    subject: 'Invoice 2026-117',
    make: simple(
      multipart('mixed', [
        textPart('Please find the invoice enclosed.\r\n'),
        filePart(pdf(), 'application/pdf', 'invoice.pdf'),
      ]),
    ),
  },
  { folder: 'Newsletters', subject: 'Autumn at the market', make: simple(newsletter()) },
  { folder: 'INBOX', subject: 'Invitation: opening', make: (fields, to) => message(fields, invitation('REQUEST', to)) },
  { folder: 'INBOX', subject: 'Cancelled: opening', make: (fields, to) => message(fields, invitation('CANCEL', to)) },
  { folder: 'INBOX', subject: 'Undelivered mail', make: (fields, to) => message(fields, report(to)) },
  { folder: 'INBOX', subject: 'Read: The apples', make: (fields, to) => message(fields, receipt(to)) },
  {
    folder: 'INBOX',
    subject: 'Minutes (winmail.dat)',
    make: simple(
      multipart('mixed', [
        textPart('See the attachment.\r\n'),
        filePart(winmail(), 'application/ms-tnef', 'winmail.dat'),
      ]),
    ),
  },
  { folder: 'Archive', subject: 'Signed', make: simple(signed()) },
  {
    folder: 'Archive',
    subject: 'Encrypted',
    make: simple(
      filePart(
        Buffer.from('opaque octets of nobody'),
        'application/pkcs7-mime; smime-type=enveloped-data',
        'smime.p7m',
      ),
    ),
  },
  {
    folder: 'Archive',
    subject: 'windows-1252',
    make: raw(
      ['Content-Type: text/plain; charset=windows-1252', 'Content-Transfer-Encoding: 8bit'],
      'Price: 20 \x80 \x96 \x93quoted\x94\r\n',
    ),
  },
  { folder: 'Archive', subject: 'koi8-r', make: simple(encodedAs('koi8-r', '8NLJ18XUIM3J0g0K')) },
  { folder: 'Archive', subject: 'iso-2022-jp', make: simple(encodedAs('iso-2022-jp', 'GyRCJDMkcyRLJEEkTxsoQg0K')) },
  { folder: 'Archive', subject: 'gb18030', make: simple(encodedAs('gb18030', 'xOO6w8rAvecNCg==')) },
  {
    folder: 'Archive',
    subject: 'flowed',
    make: raw(
      ['Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=no'],
      'A paragraph that was broken \r\nby the sender and is to be \r\njoined by the reader.\r\n',
    ),
  },
  {
    folder: 'Archive',
    subject: 'A large file',
    make: simple(
      multipart('mixed', [
        textPart('Three megabytes.\r\n'),
        filePart(Buffer.alloc(LARGE_OCTETS, 'postern '), 'application/octet-stream', 'large.bin'),
      ]),
    ),
  },
  {
    folder: 'Archive',
    subject: words('A subject that goes on and on, '.repeat(12)),
    make: simple(textPart('The text is short.\r\n')),
  },
  {
    folder: 'Junk',
    subject: 'No boundary',
    make: raw(['Content-Type: multipart/mixed'], 'A multipart that says no boundary.\r\n'),
  },
  {
    folder: 'Junk',
    subject: 'Torn base64',
    make: raw(['Content-Type: text/plain', 'Content-Transfer-Encoding: base64'], 'VG9ybiBpbiB0aGUgbWlkZGx'),
  },
  { folder: 'Junk', subject: 'An endless line', make: raw(['Content-Type: text/plain'], `${'x'.repeat(5000)}\r\n`) },
  { folder: 'Junk', subject: 'Wrong charset', make: raw(['Content-Type: text/plain; charset=x-none'], 'gr\xfcn\r\n') },
  { folder: 'Junk', subject: 'A header that is none', make: raw(['this line has no colon'], 'and a body\r\n') },
]
