import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spelledOut } from './transcripts.ts'

const FOLDER = join(import.meta.dirname, '../../imap/transcripts')

/** A session of a file of transcripts. */
export interface FiledTranscript {
  readonly file: string
  readonly says: string
  /** What is there at first, if it is not the usual account. */
  readonly given: string | undefined
  /** Its lines, names spelled out. */
  readonly session: string
}

/**
 * Reads all files of transcripts. `== ` begins a session and says what it shows, `given: ` names an account, and `#` begins a
 * comment.
 */
export function readTranscripts(): readonly FiledTranscript[] {
  return readdirSync(FOLDER)
    .filter(file => file.endsWith('.txt'))
    .toSorted()
    .flatMap(file => sessionsOf(file, readFileSync(join(FOLDER, file), 'utf8')))
}

function sessionsOf(file: string, text: string): FiledTranscript[] {
  const [, ...parts] = text.split(/^== /m)
  return parts.map(part => {
    const [says = '', ...lines] = part.split('\n')
    const given = lines.find(line => line.startsWith('given: '))?.slice('given: '.length)
    const session = lines.filter(line => /^[CS]: |^</.test(line)).join('\n')
    return { file, says, given, session: spelledOut(session) }
  })
}
