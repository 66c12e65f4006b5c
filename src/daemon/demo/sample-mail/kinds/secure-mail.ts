import forge from 'node-forge'
import { PEOPLE } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { encodeBody, filePart, type MimePart, multipart, partOctets, textPart } from '../wire/mime-parts.ts'
import { flowed, wrapped } from '../wire/paragraphs.ts'
import type { SeededRandom } from '../wire/seeded-random.ts'
import { ThrowAwaySigner } from '../wire/throw-away-signer.ts'

const CERTIFICATE_DAYS = 800 // before the base date
const { nadia, priya, ines } = PEOPLE

/** Plans signed and encrypted letters. The signatures are good, their key is not; what is encrypted only looks so. */
export function* secureMail(world: SampleWorld): Generator<PlannedMessage> {
  // Making the key takes a tenth of a second: only when a signed letter is written.
  let signer: ThrowAwaySigner | undefined
  const signed = (part: MimePart, sentMs: number) => {
    signer ??= signerOf(world)
    return signedPart(part, signer.sign(partOctets(part), sentMs))
  }
  for (const [index, { text, daysAgo, subject, hasFile }] of SIGNED.entries()) {
    const key = `secure/signed/${index}`
    const sentMs = world.daysAgo(daysAgo, key)
    const part = () =>
      signed(hasFile ? withFile(text) : textPart(wrapped(text), { encoding: 'quoted-printable' }), sentMs)
    yield world.plan({ key, folder: index === 0 ? 'INBOX' : 'Archive', from: nadia, subject, sentMs, part })
  }
  yield* encrypted(world)
}

const SIGNED = [
  {
    subject: 'Agenda (signed)',
    daysAgo: 13,
    hasFile: false,
    text: 'Attached to this letter is my word that I wrote it. The agenda: lift, lunch, lights.\n\nNadia',
  },
  {
    subject: 'Contract for the talk',
    daysAgo: 77,
    hasFile: true,
    text: 'Dear Robin,\n\nthe contract as agreed. It is short: you speak, we listen, there is soup.\n\nNadia',
  },
  {
    subject: 'Zugangscode für das Archiv',
    daysAgo: 240,
    hasFile: false,
    text: 'Liebe Robin,\n\nder Code hängt am Brett. Diese Nachricht ist unterschrieben, der Code nicht.\n\nGrüße\nNadia',
  },
] as const

function* encrypted(world: SampleWorld): Generator<PlannedMessage> {
  const keys = ['secure/enveloped', 'secure/opaque', 'secure/pgp', 'secure/pgp-signed'] as const
  const [enveloped, own, pgp, armoured] = keys
  yield world.plan({
    ...{ key: enveloped, folder: 'INBOX', from: nadia, subject: 'Confidential', sentMs: world.daysAgo(10, enveloped) },
    part: () => envelopedPart(world.random(enveloped)),
  })
  yield world.plan({
    ...{ key: own, folder: 'Sent', from: world.me, to: [nadia], subject: 'Re: Confidential' },
    ...{ sentMs: world.daysAgo(9, own), part: () => envelopedPart(world.random(own)) },
  })
  yield world.plan({
    ...{ key: pgp, folder: 'Archive', from: priya, subject: '...', sentMs: world.daysAgo(310, pgp) },
    part: () => pgpPart(world.random(pgp)),
  })
  yield world.plan({
    ...{
      key: armoured,
      folder: 'Archive',
      from: ines,
      subject: 'Signed by hand',
      sentMs: world.daysAgo(415, armoured),
    },
    part: () => textPart(clearSigned(world.random(armoured))),
  })
}

function signerOf(world: SampleWorld): ThrowAwaySigner {
  const fromMs = world.daysAgo(CERTIFICATE_DAYS, 'secure/certificate')
  return new ThrowAwaySigner({ name: nadia.name, address: nadia.address, fromMs, random: world.random('secure/key') })
}

function withFile(text: string): MimePart {
  const octets = Buffer.from('You speak, we listen, there is soup.\r\n')
  const paper = filePart({ type: 'text/plain', name: 'contract.txt', octets })
  return multipart('mixed', [textPart(wrapped(text), { encoding: 'quoted-printable' }), paper])
}

// RFC 8551 section 3.5.3
function signedPart(part: MimePart, signature: Buffer): MimePart {
  const file = filePart({ type: 'application/pkcs7-signature', name: 'smime.p7s', octets: signature })
  return multipart('signed', [part, file], ';\r\n protocol="application/pkcs7-signature"; micalg=sha-256')
}

/** The shape of an EnvelopedData (RFC 5652 section 6.1) around octets that mean nothing. */
function envelopedPart(random: SeededRandom): MimePart {
  const file = filePart({
    type: 'application/pkcs7-mime; smime-type=enveloped-data',
    name: 'smime.p7m',
    octets: envelope(random),
  })
  return file
}

function envelope(random: SeededRandom): Buffer {
  const { asn1, pki } = forge
  const { SEQUENCE, SET, INTEGER, OID, OCTETSTRING, NULL } = asn1.Type
  const oid = (name: string) =>
    universal(OID, asn1.oidToDer((pki.oids as Record<string, string>)[name] ?? '').getBytes())
  const universal = (type: forge.asn1.Type, value: string | forge.asn1.Asn1[]) =>
    asn1.create(asn1.Class.UNIVERSAL, type, typeof value !== 'string', value)
  const tagged = (isConstructed: boolean, value: string | forge.asn1.Asn1[]) =>
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0 as forge.asn1.Type, isConstructed, value) // [0]
  const octets = (purpose: string, count: number) => random.derive(purpose).octets(count).toString('latin1')
  const name = universal(SEQUENCE, [
    universal(SET, [
      universal(SEQUENCE, [oid('commonName'), universal(asn1.Type.UTF8, 'Invented for a demonstration')]),
    ]),
  ])
  const recipient = universal(SEQUENCE, [
    universal(INTEGER, '\x00'),
    universal(SEQUENCE, [name, universal(INTEGER, `\x40${octets('serial', 15)}`)]),
    universal(SEQUENCE, [oid('rsaEncryption'), universal(NULL, '')]),
    universal(OCTETSTRING, octets('key', 256)),
  ])
  const content = universal(SEQUENCE, [
    oid('data'),
    universal(SEQUENCE, [oid('aes256-CBC'), universal(OCTETSTRING, octets('iv', 16))]),
    tagged(false, octets('content', 1600)),
  ])
  const enveloped = universal(SEQUENCE, [universal(INTEGER, '\x00'), universal(SET, [recipient]), content])
  const whole = universal(SEQUENCE, [oid('envelopedData'), tagged(true, [enveloped])])
  return Buffer.from(asn1.toDer(whole).getBytes(), 'latin1')
}

// RFC 3156 section 4
function pgpPart(random: SeededRandom): MimePart {
  const version: MimePart = {
    fields: [['Content-Type', 'application/pgp-encrypted']],
    body: Buffer.from('Version: 1\r\n'),
  }
  const text = armoured('MESSAGE', random.octets(900))
  const content: MimePart = {
    fields: [
      ['Content-Type', 'application/octet-stream; name="encrypted.asc"'],
      ['Content-Disposition', 'inline; filename="encrypted.asc"'],
    ],
    body: Buffer.from(text.replaceAll('\n', '\r\n')),
  }
  return multipart('encrypted', [version, content], ';\r\n protocol="application/pgp-encrypted"')
}

function clearSigned(random: SeededRandom): string {
  const text = flowed('The quay is closed on Monday, and this is really me.')
  return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n${armoured('SIGNATURE', random.octets(120))}`
}

function armoured(what: string, octets: Buffer): string {
  const lines = encodeBody(octets, 'base64').toString('latin1').replaceAll('\r\n', '\n')
  return `-----BEGIN PGP ${what}-----\n\n${lines}=demo\n-----END PGP ${what}-----\n`
}
