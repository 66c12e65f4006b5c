/** A message of the model server. */
export interface ModelMessage {
  readonly octets: Buffer
  readonly internalDateMs: number
  flags: Set<string>
  modseq: bigint
  /** Whether nothing has changed since it was added. */
  isNew: boolean
  /** What happens to a FETCH of it: the connection is lost, the command is refused, or it is left out. */
  poison?: Poison | undefined
}

/** A way to be impossible to fetch. */
export type Poison = 'lost' | 'refused' | 'missing'

/** A folder of the model server. */
export class ModelFolder {
  uidValidity = 1
  uidNext = 1
  highestModseq = 1n
  messages = new Map<number, ModelMessage>()
  vanished: { readonly uid: number; readonly modseq: bigint }[] = []
}

/** A mail server in memory, as exact as RFC 9051 and RFC 7162 are about UIDs and mod-sequences. */
export class ModelServer {
  readonly folders = new Map<string, ModelFolder>()
  /** Headers that were uploaded as if they were messages; every message of the model ends in a full stop. */
  headersUploaded = 0

  constructor(paths: readonly string[]) {
    for (const path of paths) this.folders.set(path, new ModelFolder())
  }

  folder(path: string): ModelFolder {
    const folder = this.folders.get(path)
    if (!folder) throw new Error(`no folder ${path}`)
    return folder
  }

  create(path: string): void {
    const folder = this.folders.get(path) ?? new ModelFolder()
    if (!this.folders.has(path)) folder.uidValidity = 100 + this.folders.size
    this.folders.set(path, folder)
  }

  rename(path: string, newPath: string): void {
    this.folders.set(newPath, this.folder(path))
    this.folders.delete(path)
  }

  append(path: string, octets: Buffer, flags: Iterable<string>, internalDateMs: number): number {
    const folder = this.folder(path)
    const uid = folder.uidNext++
    folder.messages.set(uid, {
      octets,
      internalDateMs,
      flags: new Set(flags),
      modseq: ++folder.highestModseq,
      isNew: true,
    })
    return uid
  }

  store(path: string, uid: number, add: Iterable<string>, remove: Iterable<string>): void {
    const folder = this.folder(path)
    const message = folder.messages.get(uid)
    if (!message) return
    for (const flag of add) message.flags.add(flag)
    for (const flag of remove) message.flags.delete(flag)
    message.modseq = ++folder.highestModseq
    message.isNew = false
  }

  expunge(path: string, uid: number): void {
    const folder = this.folder(path)
    if (folder.messages.delete(uid)) folder.vanished.push({ uid, modseq: ++folder.highestModseq })
  }

  copy(path: string, uid: number, destination: string): number | undefined {
    const message = this.folder(path).messages.get(uid)
    return message && this.append(destination, message.octets, message.flags, message.internalDateMs)
  }

  move(path: string, uid: number, destination: string): number | undefined {
    const moved = this.copy(path, uid, destination)
    this.expunge(path, uid)
    return moved
  }

  /** Gives the folder a new UIDVALIDITY and new UIDs. */
  renumber(path: string): void {
    const folder = this.folder(path)
    const messages = [...folder.messages.values()]
    folder.uidValidity++
    folder.uidNext = 1 + ((folder.uidValidity * 7) % 5)
    folder.messages = new Map()
    folder.vanished = []
    for (const message of messages) {
      message.modseq = ++folder.highestModseq
      folder.messages.set(folder.uidNext++, message)
    }
  }
}
