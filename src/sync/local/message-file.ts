import { createReadStream } from 'node:fs'
import { PosternError } from '../../errors.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { SyncErrorCode } from '../errors.ts'
import { type PackedMessage, packMessage } from './pack-message.ts'

const [CR, LF] = [13, 10]
const FIRST_FIELD = /^[!-9;-~]+[ \t]*:/ // RFC 5322 section 3.6.8

/**
 * Reads a message file into a pack, streamed. Line ends become CRLF, as on the wire; nothing else is changed.
 *
 * @throws {PosternError} SYNC_FILE_UNREADABLE, SYNC_NOT_A_MESSAGE
 */
export async function readMessageFile(file: string, writer: PackWriter): Promise<PackedMessage> {
  // Twice: a pack's record begins with its length.
  let octets = 0
  for await (const chunk of lines(file)) octets += chunk.length
  const packed = await packMessage(writer, octets, lines(file))
  if (!packed) throw unreadable(file, 'it changed while it was read')
  return packed
}

/** The file with CRLF at the end of every line. */
async function* lines(file: string): AsyncGenerator<Buffer> {
  let last = 0
  let isFirst = true
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 65_536 })) {
      const octets = chunk as Buffer // a stream without an encoding
      if (isFirst && !FIRST_FIELD.test(octets.toString('latin1', 0, 1024)))
        throw notAMessage(file, 'it begins with no header field')
      if (octets.includes(0)) throw notAMessage(file, 'it contains a NUL octet, which IMAP cannot carry')
      isFirst = false
      yield withCrlf(octets, last)
      last = octets.at(-1) ?? last
    }
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw unreadable(file, error instanceof Error ? error.message : String(error), error)
  }
  if (isFirst) throw notAMessage(file, 'it is empty')
}

/** Octets with CRLF at the end of every line; the same ones when each has it. `before` is the octet before them, or 0. */
export function withCrlf(octets: Buffer, before: number): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (let at = octets.indexOf(LF); at !== -1; at = octets.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : octets[at - 1]) === CR) continue
    pieces.push(octets.subarray(from, at), Buffer.from([CR]))
    from = at
  }
  if (from === 0 && pieces.length === 0) return octets
  return Buffer.concat([...pieces, octets.subarray(from)])
}

function unreadable(file: string, why: string, cause?: unknown): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_FILE_UNREADABLE', `${file} cannot be read: ${why}.`, {
    remedy: 'user',
    advice: 'Check the name and the permissions.',
    cause,
  })
}

function notAMessage(file: string, why: string): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_NOT_A_MESSAGE', `${file} is no message: ${why}.`, {
    remedy: 'user',
    advice: 'Give a file with one message in it (.eml), header first.',
  })
}
