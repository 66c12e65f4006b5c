import { createHmac, type KeyObject, randomBytes, type X509Certificate } from 'node:crypto'
import forge from 'node-forge'

const ITERATIONS = 10_000 // guesses cost something; the file still opens at once
const SALT_OCTETS = 16
const SHA1_OCTETS = 20
const MAC_KEY = 3 // RFC 7292 appendix B.3
const { Class, Type, create } = forge.asn1

/**
 * Packs certificates, and a key for the first of them if there is one, into PKCS#12 (RFC 7292): the key by AES-256, and
 * a MAC by SHA-1 over all, since older importers know no other.
 */
export function toPkcs12(
  certificates: readonly X509Certificate[],
  key: KeyObject | undefined,
  password: string,
): Buffer {
  const privateKey = key && forge.pki.privateKeyFromPem(key.export({ type: 'pkcs1', format: 'pem' }).toString())
  const file = forge.pkcs12.toPkcs12Asn1(
    privateKey ?? null,
    certificates.map(certificate => forge.pki.certificateFromPem(certificate.toString())),
    Buffer.from(password).toString('latin1'), // PBES2 takes UTF-8, the MAC UTF-16: forge gives both the same
    { algorithm: 'aes256', count: ITERATIONS, friendlyName: 'Postern', useMac: false },
  )
  const [version, safe] = elements(file)
  if (!version || !safe) throw new Error('forge made no PKCS#12 file')
  const signed = create(Class.UNIVERSAL, Type.SEQUENCE, true, [version, safe, macData(contentOf(safe), password)])
  return Buffer.from(forge.asn1.toDer(signed).getBytes(), 'latin1')
}

// RFC 7292 section 4.
function macData(content: Buffer, password: string): forge.asn1.Asn1 {
  const salt = randomBytes(SALT_OCTETS).toString('latin1')
  const key = forge.pkcs12.generateKey(password, forge.util.createBuffer(salt), MAC_KEY, ITERATIONS, SHA1_OCTETS)
  const digest = createHmac('sha1', Buffer.from(key.getBytes(), 'latin1')).update(content).digest().toString('latin1')
  const sha1 = create(Class.UNIVERSAL, Type.SEQUENCE, true, [
    create(Class.UNIVERSAL, Type.OID, false, forge.asn1.oidToDer(forge.pki.oids.sha1 ?? '').getBytes()),
    create(Class.UNIVERSAL, Type.NULL, false, ''),
  ])
  return create(Class.UNIVERSAL, Type.SEQUENCE, true, [
    create(Class.UNIVERSAL, Type.SEQUENCE, true, [sha1, create(Class.UNIVERSAL, Type.OCTETSTRING, false, digest)]),
    create(Class.UNIVERSAL, Type.OCTETSTRING, false, salt),
    create(Class.UNIVERSAL, Type.INTEGER, false, forge.asn1.integerToDer(ITERATIONS).getBytes()),
  ])
}

// ContentInfo { contentType, [0] { OCTET STRING } }
function contentOf(contentInfo: forge.asn1.Asn1): Buffer {
  const octets = elements(elements(contentInfo)[1])[0]?.value
  if (typeof octets !== 'string') throw new Error('forge made a PKCS#12 file without content')
  return Buffer.from(octets, 'latin1')
}

function elements(node: forge.asn1.Asn1 | undefined): readonly forge.asn1.Asn1[] {
  return Array.isArray(node?.value) ? node.value : []
}
