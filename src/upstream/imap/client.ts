import { PosternError } from '../../errors.ts'
import type {
  FolderCursor,
  GivenRole,
  RemoteAppend,
  RemoteFeatures,
  RemoteFolder,
  RemoteMail,
  RemoteQuota,
  RemoteStatus,
  RemoteUid,
  SelectedFolder,
  WritableFolder,
} from '../../sync/remote.ts'
import type { Peer } from '../../tls/peer.ts'
import type { ImapConnection } from './connection/connection.ts'
import type { KeptSession, LentSession } from './connection/kept-session.ts'
import { type ImapAccount, type ImapClientOptions, openSession } from './connection/session.ts'
import { appendMessages } from './folders/append.ts'
import { createFolder, deleteFolder, renameFolder } from './folders/folder-commands.ts'
import { readStatus } from './folders/folder-status.ts'
import { listFolders } from './folders/list-folders.ts'
import { hasServerMetadata, readServerMetadata } from './folders/metadata.ts'
import { hasQuota, readQuota } from './folders/quota.ts'
import { examineFolder } from './folders/selected-folder.ts'
import { selectFolder } from './folders/writable-folder.ts'

/**
 * Connects and signs in, unless a session is kept.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…
 */
export async function connectImap(
  account: ImapAccount,
  options: ImapClientOptions,
  signal: AbortSignal,
  kept?: KeptSession,
): Promise<RemoteMail> {
  const session = await (kept ? kept.open(account, options, signal) : openAlone(account, options, signal))
  return new ImapMail(session, account.peer, signal)
}

async function openAlone(...to: Parameters<typeof openSession>): Promise<LentSession> {
  const connection = await openSession(...to)
  return { connection, release: () => connection[Symbol.asyncDispose]() }
}

class ImapMail implements RemoteMail {
  readonly #connection: ImapConnection
  readonly #release: LentSession['release']
  readonly #signal: AbortSignal
  readonly #onAbort = () => this.#connection.destroy(this.#signal.reason)
  #isOpen = false
  readonly host: string
  readonly readMetadata?: (entry: string) => Promise<string | undefined>
  readonly readQuota?: () => Promise<RemoteQuota | undefined>

  constructor({ connection, release }: LentSession, { host }: Peer, signal: AbortSignal) {
    this.#connection = connection
    this.#release = release
    this.host = host
    this.#signal = signal
    if (hasQuota(connection)) this.readQuota = () => readQuota(connection)
    if (hasServerMetadata(connection)) this.readMetadata = entry => readServerMetadata(connection, entry)
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.#onAbort()
  }

  get features(): RemoteFeatures {
    const { capabilities } = this.#connection
    return {
      condstore: capabilities.has('CONDSTORE') || capabilities.has('QRESYNC'),
      qresync: capabilities.has('QRESYNC'),
      listStatus: capabilities.has('LIST-STATUS'),
      uidPlus: capabilities.has('UIDPLUS'),
      multiAppend: capabilities.has('MULTIAPPEND'),
      appendLimit: appendLimitOf(capabilities),
      move: capabilities.has('MOVE'),
      objectId: capabilities.has('OBJECTID'),
    }
  }

  listFolders(): Promise<readonly RemoteFolder[]> {
    return listFolders(this.#connection)
  }

  examine(path: string, cursor?: FolderCursor): Promise<SelectedFolder> {
    return this.#open(examineFolder(this.#connection, path, cursor))
  }

  select(path: string): Promise<WritableFolder> {
    return this.#open(selectFolder(this.#connection, path))
  }

  status(path: string): Promise<RemoteStatus | undefined> {
    return readStatus(this.#connection, path)
  }

  append(path: string, messages: readonly RemoteAppend[]): Promise<readonly (RemoteUid | undefined)[]> {
    return appendMessages(this.#connection, path, messages)
  }

  createFolder(path: string, role?: GivenRole): Promise<void> {
    return createFolder(this.#connection, path, role)
  }

  async renameFolder(path: string, newPath: string): Promise<void> {
    await this.#close()
    await renameFolder(this.#connection, path, newPath)
  }

  async deleteFolder(path: string): Promise<void> {
    await this.#close()
    await deleteFolder(this.#connection, path)
  }

  // Some servers end a session whose open folder is deleted. One that refuses had none open.
  async #close(): Promise<void> {
    if (!this.#isOpen || !this.#connection.capabilities.has('UNSELECT')) return
    await this.#connection.command(['UNSELECT']).catch(error => {
      if (this.#connection.hasFailed) throw error
    })
    this.#isOpen = false
  }

  async #open<Folder>(opening: Promise<Folder>): Promise<Folder> {
    this.#isOpen = true
    return await opening.catch(error => {
      this.#isOpen = !isNo(error)
      throw error
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    await this.#release(!this.#isOpen)
  }
}

// APPENDLIMIT=n; without a number it differs by folder (RFC 7889 section 2).
function appendLimitOf(capabilities: ReadonlySet<string>): RemoteFeatures['appendLimit'] {
  if (capabilities.has('APPENDLIMIT')) return 'by-folder'
  const limit = [...capabilities]
    .map(word => /^APPENDLIMIT=(\d{1,12})$/.exec(word)?.[1])
    .find(each => each !== undefined)
  return limit === undefined ? undefined : Number(limit)
}

// A NO closes what was open before, a BAD leaves it open (RFC 9051 section 6.3.2).
function isNo(error: unknown): boolean {
  const response = error instanceof PosternError ? error.cause : undefined
  return typeof response === 'object' && response !== null && 'status' in response && response.status === 'NO'
}
