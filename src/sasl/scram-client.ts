import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { briefRefusal, type ClientMechanism, SaslError } from './client-mechanism.ts'
import { saslPrep } from './sasl-prep.ts'

const deriveKey = promisify(pbkdf2) // in the thread pool: relays sign in on the main thread

const NONCE_OCTETS = 18
const KEY_OCTETS = 32
const MIN_ITERATIONS = 4096 // RFC 7677 section 4: less would make the password easy to guess from the proof
const MAX_ITERATIONS = 1_000_000 // about half a second of one core: a server may not ask for hours
const GS2_HEADER = 'n,,' // no channel binding, no other identity
const SERVER_FIRST =
  /^r=([\x21-\x2b\x2d-\x7e]+),s=((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?),i=([1-9]\d{0,9})(?:,.*)?$/s

/** SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding; the server proves that it knows the password too. */
export class ScramSha256Client implements ClientMechanism {
  readonly name = 'SCRAM-SHA-256'
  readonly #password: string
  readonly #nonce: string
  readonly #firstBare: string
  #isAsked = false
  #serverSignature: Buffer | undefined
  #isProven = false
  refusal: string | undefined

  /** `nonce` is for tests: it must never be used twice. */
  constructor(user: string, password: string, nonce = randomBytes(NONCE_OCTETS).toString('base64')) {
    this.#password = saslPrep(password)
    this.#nonce = nonce
    this.#firstBare = `n=${saslName(saslPrep(user))},r=${nonce}`
  }

  get initialResponse(): Buffer {
    return Buffer.from(GS2_HEADER + this.#firstBare)
  }

  async respond(challenge: Buffer): Promise<Buffer> {
    const text = challenge.toString('utf8')
    if (!this.#isAsked) {
      this.#isAsked = true // at once: a server may not have a key derived for each line that it sends meanwhile
      return this.#proof(text)
    }
    if (this.#serverSignature === undefined) throw new SaslError('malformed', 'it asks on without an answer')
    if (this.#isProven || this.refusal !== undefined)
      throw new SaslError('malformed', 'it asks on after its last message')
    this.#takeFinal(text, this.#serverSignature)
    return Buffer.alloc(0)
  }

  assertDone(): void {
    if (!this.#isProven) throw new SaslError('unproven', 'it did not prove that it knows the password')
  }

  async #proof(serverFirst: string): Promise<Buffer> {
    const [, nonce = '', salt = '', count = ''] = SERVER_FIRST.exec(serverFirst) ?? []
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || salt === '') {
      throw new SaslError('malformed', 'its first message of SCRAM-SHA-256 is not valid')
    }
    const iterations = Number(count)
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw new SaslError(
        'malformed',
        `it asks for ${count} iterations: ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are fine`,
      )
    }
    const salted = await deriveKey(this.#password, Buffer.from(salt, 'base64'), iterations, KEY_OCTETS, 'sha256')
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage)
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage)
    const proof = clientKey.map((octet, index) => octet ^ (signature[index] ?? 0))
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
  }

  #takeFinal(serverFinal: string, expected: Buffer): void {
    const [, kind, value = ''] = /^([ev])=([^,]*)/.exec(serverFinal) ?? []
    if (kind === 'e') {
      this.refusal = briefRefusal(value)
      return
    }
    const signature = Buffer.from(value, 'base64')
    if (kind !== 'v' || signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new SaslError('unproven', 'its proof that it knows the password is wrong')
    }
    this.#isProven = true
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** RFC 5802 section 5.1: a comma or an equals sign in a name would end it. */
export function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}
