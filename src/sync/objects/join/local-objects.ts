import { createHash } from 'node:crypto'
import { contentKey } from '../../../formats/groupware/content-key.ts'
import { outlineOf } from '../../../formats/groupware/object-outline.ts'
import type { JoinableObject } from '../../../store/queries/join-queries.ts'
import type { RemoteObject } from '../remote-collection.ts'
import type { AccountObject, LocalObject } from './match-objects.ts'

type Known = Omit<LocalObject, 'content'> & { content: string | undefined }

/** What is here of a collection, without its octets; what objects say is found out only where another one looks like them. */
export class LocalObjects {
  readonly #all: Known[] = []
  readonly #byLooks = new Map<string, Known[]>()
  readonly #read: (id: number) => Buffer

  /** @param read gives the octets of an object */
  constructor(read: (id: number) => Buffer) {
    this.#read = read
  }

  add({ octets, ...object }: JoinableObject): void {
    const { uid, looks } = looksOf(octets)
    const known: Known = { ...object, uid, content: undefined }
    this.#all.push(known)
    for (const key of looks) {
      const alike = this.#byLooks.get(key) ?? []
      alike.push(known)
      this.#byLooks.set(key, alike)
    }
  }

  /** Says of an object of the account what it is recognised by. */
  compare({ href, etag, octets }: RemoteObject): AccountObject {
    const { uid, looks } = looksOf(octets)
    const sha256 = createHash('sha256').update(octets).digest('hex')
    const alike = new Set(looks.flatMap(key => this.#byLooks.get(key) ?? []))
    const isPlain = [...alike].every(known => known.sha256 === sha256)
    if (isPlain) return { href, etag, uid, sha256, content: undefined }
    for (const known of alike) known.content ??= contentKey(this.#read(known.id))
    return { href, etag, uid, sha256, content: contentKey(octets) }
  }

  all(): readonly LocalObject[] {
    return this.#all
  }
}

/** What is cheap to see: its UID, and what lists show of it. */
function looksOf(octets: Buffer): { readonly uid: string | undefined; readonly looks: readonly string[] } {
  const { uid: early, kind, subject, date, address } = outlineOf(octets)
  const found = early ?? outlineOf(octets, octets.length).uid // some programs write a photo before it
  const uid = found === undefined ? undefined : Buffer.from(found).toString() // a part of a text keeps all of it in memory
  const looks = `looks ${JSON.stringify([kind ?? null, subject ?? null, date ?? null, address ?? null])}`
  return { uid, looks: uid === undefined ? [looks] : [`uid ${uid}`, looks] }
}
