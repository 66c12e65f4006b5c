import { generateKeyPair, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import forge from 'node-forge'

const DAY_MS = 86_400_000
const DNS_NAME = 2
const IP_ADDRESS = 7
// forge's types ask for a class here; forge itself for a type.
const UTF8 = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class

const generate = promisify(generateKeyPair)

/** The files of a test CA, which may sign for any name. */
export interface TestCa {
  readonly caFile: string
  readonly caKeyFile: string
}

/** The files of a server's certificate. */
export interface ServerFiles {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** What a server's certificate says. */
export interface ServerCertificateOptions {
  /** Without names and ips: localhost, 127.0.0.1 and ::1. With either: those that are given, no others. */
  readonly names?: readonly string[]
  readonly ips?: readonly string[]
  /** Valid until yesterday. */
  readonly expired?: boolean
  /** Valid from tomorrow on. */
  readonly notYetValid?: boolean
  readonly commonName?: string
  /** Signed by itself, not by the folder's CA. */
  readonly selfSigned?: boolean
  /** The PEM file of a key to use instead of a new one. */
  readonly keyFile?: string
}

/** Makes a CA in a folder, or finds the one that is there. */
export async function makeTestCa(dir: string): Promise<TestCa> {
  const files = { caFile: join(dir, 'test-ca.pem'), caKeyFile: join(dir, 'test-ca-key.pem') }
  if (existsSync(files.caFile)) return files
  await mkdir(dir, { recursive: true })
  const key = await newKey()
  const certificate = unsigned(key, `Test CA ${randomBytes(3).toString('hex')}`, [-DAY_MS, 3650 * DAY_MS])
  certificate.setIssuer(certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create())
  await writeFile(files.caKeyFile, key, { mode: 0o600 })
  await writeFile(files.caFile, forge.pki.certificateToPem(certificate))
  return files
}

/** Makes a key and a certificate for a server, signed by the folder's {@link makeTestCa}; each call makes new files. */
export async function makeServerCertificate(dir: string, options: ServerCertificateOptions = {}): Promise<ServerFiles> {
  const { caFile, caKeyFile } = await makeTestCa(dir)
  const ca = forge.pki.certificateFromPem(await readFile(caFile, 'utf8'))
  const key = options.keyFile ? await readFile(options.keyFile, 'utf8') : await newKey()
  const certificate = unsigned(key, options.commonName ?? options.names?.[0] ?? 'localhost', lifeOf(options))
  certificate.setIssuer(options.selfSigned ? certificate.subject.attributes : ca.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: altNamesOf(options) },
  ])
  const signer = options.selfSigned ? key : await readFile(caKeyFile, 'utf8')
  certificate.sign(forge.pki.privateKeyFromPem(signer), forge.md.sha256.create())
  const base = join(dir, `server-${randomBytes(4).toString('hex')}`)
  const files = { caFile, certFile: `${base}.pem`, keyFile: `${base}-key.pem` }
  await writeFile(files.keyFile, key, { mode: 0o600 })
  await writeFile(files.certFile, forge.pki.certificateToPem(certificate))
  return files
}

async function newKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 }) // forge reads PKCS#8 of RSA keys alone
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function unsigned(key: string, commonName: string, [from, to]: readonly [number, number]): forge.pki.Certificate {
  const privateKey = forge.pki.privateKeyFromPem(key)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.rsa.setPublicKey(privateKey.n, privateKey.e)
  certificate.serialNumber = `4f${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() + from)
  certificate.validity.notAfter = new Date(Date.now() + to)
  certificate.setSubject([{ name: 'commonName', value: commonName, valueTagClass: UTF8 }])
  return certificate
}

function lifeOf({ expired, notYetValid }: ServerCertificateOptions): readonly [number, number] {
  if (expired) return [-90 * DAY_MS, -DAY_MS]
  return notYetValid ? [DAY_MS, 90 * DAY_MS] : [-DAY_MS, 90 * DAY_MS]
}

function altNamesOf({ names, ips }: ServerCertificateOptions): object[] {
  const isDefault = names === undefined && ips === undefined
  return [
    ...(isDefault ? ['localhost'] : (names ?? [])).map(value => ({ type: DNS_NAME, value })),
    ...(isDefault ? ['127.0.0.1', '::1'] : (ips ?? [])).map(ip => ({ type: IP_ADDRESS, ip })),
  ]
}
