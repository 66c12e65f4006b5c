import { decodeQuotedPrintable } from './quoted-printable.ts'

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

/** Takes the encoding off a body that comes in chunks. What is no code is left out of base64 and kept in quoted-printable. */
export function* decodeTransfer(chunks: Iterable<Buffer>, encoding: TransferEncoding): Generator<Buffer> {
  if (encoding === 'identity') yield* chunks
  else if (encoding === 'base64') yield* decodeBase64(chunks)
  else yield* decodeQuotedPrintable(chunks)
}

// Each run of characters up to an equals sign is a text of its own: some programs pad every line.
function* decodeBase64(chunks: Iterable<Buffer>): Generator<Buffer> {
  let held = ''
  for (const chunk of chunks) {
    const runs = (held + chunk.toString('latin1').replace(NO_BASE64, '')).split(/=+/)
    const last = runs.pop() ?? ''
    const whole = last.length - (last.length % 4)
    const decoded = [...runs, last.slice(0, whole)].map(run => Buffer.from(run, 'base64'))
    held = last.slice(whole)
    yield* nonEmpty(Buffer.concat(decoded))
  }
  yield* nonEmpty(Buffer.from(held, 'base64'))
}

function nonEmpty(octets: Buffer): Buffer[] {
  return octets.length > 0 ? [octets] : []
}
