import { readBoundedFile } from '../migration/bounded-file.ts'
import type { ImportedProfile } from './imported-profile.ts'
import { parseProfileDocument } from './profile-document.ts'

const MAX_DOCUMENT_OCTETS = 1_048_576 // a thousand profiles with everything set

/**
 * Reads a file of `profile export`.
 *
 * @throws {PosternError} PROFILE_IMPORT_UNREADABLE, PROFILE_IMPORT_INVALID with the lines
 */
export async function readProfileDocument(file: string): Promise<readonly ImportedProfile[]> {
  const octets = await readBoundedFile(file, MAX_DOCUMENT_OCTETS)
  return parseProfileDocument(new TextDecoder().decode(octets), file) // without a byte order mark
}
