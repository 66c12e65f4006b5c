import { hash } from 'node:crypto'
import { PosternError } from '../../../src/errors.ts'
import { UidSet } from '../../../src/formats/imap/uid-set.ts'
import { summarizeHeader } from '../../../src/formats/mail/header-summary.ts'
import type {
  BodySink,
  DownloadBatch,
  FolderCursor,
  FolderRole,
  GivenHandler,
  RemoteAppend,
  RemoteFeatures,
  RemoteFlags,
  RemoteFolder,
  RemoteHead,
  RemoteMail,
  RemoteMetadata,
  RemoteStatus,
  RemoteUid,
  SelectedFolder,
  WantedMetadata,
  WritableFolder,
} from '../../../src/sync/remote.ts'
import type { Faults } from './faults.ts'
import type { ModelFolder, ModelMessage, ModelServer } from './server.ts'

const FULL_STOP = 46

/** What the server of one run offers. */
export interface ModelFeatures {
  readonly delta: 'qresync' | 'condstore' | 'none'
  readonly move: boolean
  /** Whether APPENDUID and COPYUID are told (RFC 4315 lets a server withhold them). */
  readonly givesUids: boolean
  /** What its deltas do not tell of every third change. */
  readonly lie?: 'flags' | 'vanished' | 'new' | undefined
  readonly multiAppend: boolean
  /** A folder whose UIDs hold for one session alone (UIDNOTSTICKY). */
  readonly unsticky?: string | undefined
}

const ROLES: ReadonlyMap<string, FolderRole> = new Map([
  ['INBOX', 'inbox'],
  ['Drafts', 'drafts'],
  ['Trash', 'trash'],
])

/** A connection to the model server. */
export class ModelRemote implements RemoteMail {
  readonly #server: ModelServer
  readonly #faults: Faults
  readonly #model: ModelFeatures
  readonly features: RemoteFeatures
  readonly host = 'model'

  constructor(server: ModelServer, faults: Faults, model: ModelFeatures) {
    this.#server = server
    this.#faults = faults
    this.#model = model
    this.features = {
      condstore: model.delta !== 'none',
      qresync: model.delta === 'qresync',
      listStatus: true,
      uidPlus: true,
      multiAppend: model.multiAppend,
      appendLimit: undefined,
      move: model.move,
      objectId: false,
    }
  }

  listFolders(): Promise<readonly RemoteFolder[]> {
    return this.#faults.call(() =>
      [...this.#server.folders].map(([path, folder]) => ({
        path,
        delimiter: '/',
        selectable: true,
        subscribed: true,
        role: ROLES.get(path),
        rights: undefined,
        status: this.#statusOf(folder),
      })),
    )
  }

  status(path: string): Promise<RemoteStatus | undefined> {
    return this.#faults.call(() => {
      const folder = this.#server.folders.get(path)
      return folder && this.#statusOf(folder)
    })
  }

  examine(path: string, cursor?: FolderCursor): Promise<SelectedFolder> {
    return this.#faults.call(() => {
      const folder = this.#open(path)
      const delta =
        this.features.qresync && cursor && cursor.uidValidity === folder.uidValidity
          ? deltaOf(folder, cursor.highestModseq, this.#model.lie)
          : undefined
      return this.#selected(path, folder, delta)
    })
  }

  select(path: string): Promise<WritableFolder> {
    return this.#faults.call(() => {
      const contents = this.#selected(path, this.#open(path), undefined)
      const mayRefuse = (octets: Buffer) => this.#refuseAtRandom(octets, ['OVERQUOTA', 'CANNOT', 'CANNOT', 'INUSE'])
      return new ModelWritable(this.#server, contents, {
        mayRefuse,
        faults: this.#faults,
        givesUid: this.#givesUid.bind(this),
      })
    })
  }

  append(path: string, messages: readonly RemoteAppend[]): Promise<readonly (RemoteUid | undefined)[]> {
    if (messages.length > 1 && !this.#model.multiAppend) throw new Error('the server has no MULTIAPPEND')
    return this.#faults.call(() => {
      const bodies = messages.map(({ chunks }) => Buffer.concat([...chunks()]))
      // All or none (RFC 3502).
      for (const octets of bodies) this.#refuseAtRandom(octets, ['OVERQUOTA', 'NOPERM'])
      this.#server.headersUploaded += bodies.filter(octets => octets.at(-1) !== FULL_STOP).length
      return messages.map(({ flags, internalDateMs }, index) => {
        const uid = this.#server.append(path, bodies[index] ?? Buffer.alloc(0), flags, internalDateMs)
        return this.#givesUid(path) ? { uidValidity: this.#server.folder(path).uidValidity, uid } : undefined
      })
    })
  }

  createFolder(path: string): Promise<void> {
    return this.#faults.call(() => this.#server.create(path))
  }

  renameFolder(path: string, newPath: string): Promise<void> {
    return this.#faults.call(() => {
      const folder = this.#server.folders.get(path)
      if (!folder || this.#server.folders.has(newPath)) throw refused(`no folder ${path}, or ${newPath} is there`)
      this.#server.rename(path, newPath)
    })
  }

  deleteFolder(path: string): Promise<void> {
    return this.#faults.call(() => void this.#server.folders.delete(path))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return undefined
  }

  #open(path: string): ModelFolder {
    if (!this.#server.folders.has(path)) throw refused(`NO [NONEXISTENT] no folder ${path}`)
    if (path === this.#model.unsticky) this.#server.renumber(path)
    return this.#server.folder(path)
  }

  #selected(path: string, folder: ModelFolder, delta: SelectedFolder['delta']): ModelSelected {
    const isSticky = path !== this.#model.unsticky
    return new ModelSelected(folder, this.#faults, path, { ...this.#statusOf(folder), delta, isSticky })
  }

  #givesUid(path: string): boolean {
    return this.#model.givesUids && path !== this.#model.unsticky
  }

  #refuseAtRandom(octets: Buffer, reasons: readonly string[]): void {
    const reason = this.#faults.refuses(octets.toString(), reasons)
    if (reason === undefined) return
    const cause = { code: { name: reason } }
    throw new PosternError('UPSTREAM_REFUSED', 'the model refused', { remedy: 'retry', advice: '-', cause })
  }

  #statusOf({ uidValidity, uidNext, messages, highestModseq }: ModelFolder): RemoteStatus {
    const modseq = this.features.condstore ? highestModseq : undefined
    return { uidValidity, uidNext, messages: messages.size, highestModseq: modseq }
  }
}

function deltaOf(folder: ModelFolder, since: bigint, lie: ModelFeatures['lie']): SelectedFolder['delta'] {
  const isHidden = (what: ModelFeatures['lie'], modseq: bigint) => lie === what && modseq % 3n === 0n
  const changed = [...folder.messages].filter(
    ([, { modseq, isNew }]) => modseq > since && !isHidden(isNew ? 'new' : 'flags', modseq),
  )
  const vanished = folder.vanished.filter(({ modseq }) => modseq > since && !isHidden('vanished', modseq))
  return {
    changed: changed.map(([uid, { flags }]) => ({ uid, flags: [...flags] })),
    vanished: UidSet.of(vanished.map(({ uid }) => uid)),
  }
}

/** A session ends when its folder is numbered anew. */
class Session {
  readonly path: string
  readonly uidValidity: number
  readonly readOnly = false
  readonly permanentFlags = ['\\*', '\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft']
  readonly #folder: ModelFolder
  readonly #faults: Faults

  constructor(folder: ModelFolder, faults: Faults, path: string) {
    this.path = path
    this.uidValidity = folder.uidValidity
    this.#folder = folder
    this.#faults = faults
  }

  call<Result>(effect: (messages: ReadonlyMap<number, ModelMessage>) => Result): Promise<Result> {
    return this.#faults.call(() => {
      if (this.#folder.uidValidity !== this.uidValidity) {
        throw new PosternError('UPSTREAM_BYE', 'the folder was numbered anew', { remedy: 'retry', advice: '-' })
      }
      return effect(this.#folder.messages)
    })
  }
}

class ModelSelected extends Session implements SelectedFolder {
  readonly uidNext: number | undefined
  readonly messages: number
  readonly highestModseq: bigint | undefined
  readonly delta: SelectedFolder['delta']
  readonly uidsAreSticky: boolean

  constructor(
    folder: ModelFolder,
    faults: Faults,
    path: string,
    status: RemoteStatus & Pick<SelectedFolder, 'delta'> & { readonly isSticky: boolean },
  ) {
    super(folder, faults, path)
    this.uidsAreSticky = status.isSticky
    this.uidNext = status.uidNext
    this.messages = status.messages
    this.highestModseq = status.highestModseq
    this.delta = status.delta
  }

  async fetchFlags(changedSince = 0n): Promise<readonly RemoteFlags[]> {
    const changed = await this.call(messages => [...messages].filter(([, { modseq }]) => modseq > changedSince))
    return changed.map(([uid, { flags }]) => ({ uid, flags: [...flags] }))
  }

  async fetchFlagsOf(uids: UidSet): Promise<readonly RemoteFlags[]> {
    const found = await this.call(messages => [...messages].filter(([uid]) => uids.has(uid)))
    return found.map(([uid, { flags }]) => ({ uid, flags: [...flags] }))
  }

  async *fetchMetadata(uids: UidSet, want: WantedMetadata): AsyncGenerator<RemoteMetadata> {
    const found = await this.call(messages => [...messages].filter(([uid]) => uids.has(uid)))
    for (const [uid, { octets, flags, internalDateMs }] of found) {
      const header = headerOf(octets)
      const messageId = want.messageId ? summarizeHeader(header).messageId : undefined
      const headerHash = want.header ? hash('sha256', header, 'buffer') : undefined
      yield { uid, flags: [...flags], size: octets.length, internalDateMs, messageId, headerHash, emailId: undefined }
    }
  }

  async *fetchHeads(uids: UidSet, octets: number): AsyncGenerator<RemoteHead> {
    const found = await this.call(messages => [...messages].filter(([uid]) => uids.has(uid)))
    for (const [uid, message] of found) yield { uid, head: message.octets.subarray(0, octets) }
  }

  searchUids(): Promise<UidSet> {
    return this.call(messages => UidSet.of(messages.keys()))
  }

  async download(next: () => Promise<DownloadBatch | undefined>, sink: BodySink): Promise<void> {
    for (let batch = await next(); batch; batch = await next()) await this.#fetch(batch, sink)
  }

  async #fetch({ uids, part }: DownloadBatch, sink: BodySink): Promise<void> {
    for (const [index, uid] of uids.entries()) {
      const message = await this.call(messages => messages.get(uid))
      if (message?.poison === 'lost') throw failure('UPSTREAM_LOST')
      if (message?.poison === 'refused') {
        sink.refused(uids.slice(index), failure('UPSTREAM_REFUSED'))
        return
      }
      if (!message || message.poison === 'missing') {
        sink.missing(uid)
        continue
      }
      const octets = part === 'full' ? message.octets : headerOf(message.octets)
      sink.begin(octets.length)
      sink.write(Buffer.from(octets))
      sink.end({ uid, flags: [...message.flags], internalDateMs: message.internalDateMs })
      await sink.drained()
    }
  }
}

function failure(code: string): PosternError {
  return new PosternError(code, 'poison', { remedy: 'retry', advice: '-' })
}

function headerOf(octets: Buffer): Buffer {
  return octets.subarray(0, octets.indexOf('\r\n\r\n') + 4)
}

interface WritableOptions {
  readonly faults: Faults
  readonly givesUid: (path: string) => boolean
  /** Throws when the server refuses to move, or to remove, this message. */
  readonly mayRefuse: (octets: Buffer) => void
}

class ModelWritable extends Session implements WritableFolder {
  readonly #server: ModelServer
  readonly #givesUid: WritableOptions['givesUid']
  readonly #mayRefuse: WritableOptions['mayRefuse']
  readonly contents: ModelSelected

  constructor(server: ModelServer, contents: ModelSelected, { faults, givesUid, mayRefuse }: WritableOptions) {
    super(server.folder(contents.path), faults, contents.path)
    this.#server = server
    this.contents = contents
    this.#givesUid = givesUid
    this.#mayRefuse = mayRefuse
  }

  storeFlags(uids: UidSet, { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] }) {
    return this.call(messages => {
      for (const uid of [...messages.keys()].filter(uid => uids.has(uid)))
        this.#server.store(this.path, uid, add, remove)
    })
  }

  move(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void> {
    return this.#each(uids, (uid, { octets }) => {
      this.#mayRefuse(octets) // what came before it is moved (RFC 6851 section 3.3)
      this.#tell(uid, destination, this.#server.move(this.path, uid, destination), onGiven)
    })
  }

  async copy(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void> {
    const [refused] = uids.ranges[0] ?? []
    await this.#each(uids, (uid, { octets }) => {
      if (uid === refused) this.#mayRefuse(octets) // all or none (RFC 9051 section 6.4.7)
      this.#tell(uid, destination, this.#server.copy(this.path, uid, destination), onGiven)
    })
  }

  expunge(uids: UidSet): Promise<void> {
    return this.#each(uids, (uid, { octets }) => {
      this.#mayRefuse(octets)
      this.#server.expunge(this.path, uid)
    })
  }

  #each(uids: UidSet, change: (uid: number, message: ModelMessage) => void): Promise<void> {
    return this.call(messages => {
      for (const [uid, message] of [...messages]) if (uids.has(uid)) change(uid, message)
    })
  }

  #tell(uid: number, destination: string, to: number | undefined, onGiven: GivenHandler): void {
    const { uidValidity } = this.#server.folder(destination)
    if (to !== undefined && this.#givesUid(destination)) onGiven(uid, { uidValidity, uid: to })
  }
}

function refused(message: string): PosternError {
  return new PosternError('UPSTREAM_REFUSED', message, { remedy: 'user', advice: '-' })
}
