import { QuotedPrintableDecoder } from './quoted-printable.ts'

/** The encodings that can be taken off (RFC 2045 section 6.1); the identities are themselves. */
export type TransferEncoding = 'identity' | 'base64' | 'quoted-printable'

const ENCODINGS: Readonly<Record<string, TransferEncoding>> = {
  '7bit': 'identity',
  '8bit': 'identity',
  binary: 'identity',
  base64: 'base64',
  'quoted-printable': 'quoted-printable',
}
const NO_BASE64 = /[^A-Za-z0-9+/=]+/g

/** Finds how a part is encoded; undefined when nobody knows, which BINARY answers with UNKNOWN-CTE (RFC 3516 section 4.3). */
export function findTransferEncoding(encoding: string): TransferEncoding | undefined {
  return Object.hasOwn(ENCODINGS, encoding) ? ENCODINGS[encoding] : undefined
}

/**
 * Takes the encoding off a body that is given chunk by chunk. What is no code is left out of base64 and kept in
 * quoted-printable.
 */
export interface TransferDecoder {
  /** Gives what can be told so far, which may be nothing. */
  write(chunk: Buffer): Buffer
  /** Gives what was held back. */
  end(): Buffer
}

/** Makes a decoder for one body. */
export function transferDecoder(encoding: TransferEncoding): TransferDecoder {
  if (encoding === 'identity') return { write: chunk => chunk, end: () => Buffer.alloc(0) }
  return encoding === 'base64' ? new Base64Decoder() : new QuotedPrintableDecoder()
}

/** Takes the encoding off a body that comes in chunks, as {@link TransferDecoder} does. */
export function* decodeTransfer(chunks: Iterable<Buffer>, encoding: TransferEncoding): Generator<Buffer> {
  const decoder = transferDecoder(encoding)
  for (const chunk of chunks) yield* nonEmpty(decoder.write(chunk))
  yield* nonEmpty(decoder.end())
}

// Each run of characters up to an equals sign is a text of its own: some programs pad every line.
class Base64Decoder implements TransferDecoder {
  #held = ''

  write(chunk: Buffer): Buffer {
    const runs = (this.#held + chunk.toString('latin1').replace(NO_BASE64, '')).split(/=+/)
    const last = runs.pop() ?? ''
    const whole = last.length - (last.length % 4)
    this.#held = last.slice(whole)
    return Buffer.concat([...runs, last.slice(0, whole)].map(run => Buffer.from(run, 'base64')))
  }

  end(): Buffer {
    return Buffer.from(this.#held, 'base64')
  }
}

function nonEmpty(octets: Buffer): Buffer[] {
  return octets.length > 0 ? [octets] : []
}
