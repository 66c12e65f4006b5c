import { hash } from 'node:crypto'
import { PosternError } from '../../../errors.ts'
import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import { modseqOf } from '../../../formats/imap/modseq.ts'
import type { ResponseCode } from '../../../formats/imap/response.ts'
import { UidSet, uidOf } from '../../../formats/imap/uid-set.ts'
import { type ImapValue, itemsOf, numberOf, textOf } from '../../../formats/imap/value.ts'
import { summarizeHeader } from '../../../formats/mail/header-summary.ts'
import type {
  BodySink,
  DownloadBatch,
  FolderCursor,
  RemoteFlags,
  RemoteHead,
  RemoteMetadata,
  SelectedFolder,
  WantedMetadata,
} from '../../../sync/remote.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import { AsyncQueue } from '../connection/async-queue.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { CommandHandlers, DataResponse } from '../connection/running-commands.ts'
import { downloadBodies } from './download.ts'
import { parseFetch } from './fetch-response.ts'
import { FlagLines } from './flag-lines.ts'
import { ToldRanges } from './told-ranges.ts'

const MAX_SET_OCTETS = 7000 // RFC 7162 section 4 lets servers refuse lines of over 8,192 octets
const MAX_KNOWN_UIDS_OCTETS = 7000

/** Opens a folder read-only (EXAMINE), with the difference since the cursor where QRESYNC tells it (RFC 7162). */
export async function examineFolder(
  connection: ImapConnection,
  path: string,
  cursor: FolderCursor | undefined,
): Promise<SelectedFolder> {
  const opening = new Opening()
  const parameter = selectParameter(connection.capabilities, cursor)
  await connection.command(['EXAMINE ', mailboxArgument(path), parameter], opening)
  opening.assertNumbered(connection, path)
  const hasDelta = parameter.startsWith(' (QRESYNC') && opening.uidValidity === cursor?.uidValidity
  return new OpenFolder(connection, path, opening, hasDelta)
}

function selectParameter(capabilities: ReadonlySet<string>, cursor: FolderCursor | undefined): string {
  if (!capabilities.has('QRESYNC')) return capabilities.has('CONDSTORE') ? ' (CONDSTORE)' : ''
  if (!cursor) return ' (CONDSTORE)'
  const known = cursor.knownUids.toString()
  const knownUids = known !== '' && known.length <= MAX_KNOWN_UIDS_OCTETS ? ` ${known}` : ''
  return ` (QRESYNC (${cursor.uidValidity} ${cursor.highestModseq}${knownUids}))`
}

/** Collects what the server tells while it opens a folder. */
export class Opening implements CommandHandlers {
  uidValidity = 0 // which is none
  uidNext: number | undefined
  messages = 0
  highestModseq: bigint | undefined
  readOnly = false
  permanentFlags: readonly string[] = []
  uidsAreSticky = true
  readonly changed: RemoteFlags[] = []
  readonly #vanished = new ToldRanges()
  readonly #lists = new FlagLines()

  readonly data = {
    EXISTS: (response: DataResponse) => {
      this.messages = response.number ?? 0
    },
    FETCH: (response: DataResponse) => {
      const { uid, flags } = parseFetch(response)
      if (uid !== undefined && flags) this.changed.push({ uid, flags: this.#lists.share(flags.join(' ')) })
    },
    VANISHED: (response: DataResponse) => {
      this.#vanished.add(UidSet.parse(textOf(response.values.at(-1)) ?? ''))
    },
  }

  readonly code = ({ name, args }: ResponseCode) => {
    if (name === 'UIDVALIDITY') this.uidValidity = uidOf(args[0]) ?? 0
    if (name === 'UIDNEXT') this.uidNext = numberOf(args[0])
    if (name === 'NOMODSEQ') this.highestModseq = undefined
    if (name === 'READ-ONLY') this.readOnly = true
    if (name === 'UIDNOTSTICKY') this.uidsAreSticky = false
    if (name === 'PERMANENTFLAGS') this.permanentFlags = (itemsOf(args[0]) ?? []).map(flag => textOf(flag) ?? '')
    const modseq = name === 'HIGHESTMODSEQ' ? textOf(args[0]) : undefined
    if (modseq) this.highestModseq = modseqOf(modseq)
  }

  get vanished(): UidSet {
    return this.#vanished.uids
  }

  /**
   * Without a UIDVALIDITY nothing says which messages the UIDs stand for.
   *
   * @throws {PosternError} UPSTREAM_NO_UIDVALIDITY
   */
  assertNumbered({ where }: ImapConnection, path: string): void {
    if (this.uidValidity !== 0) return
    throw new PosternError<UpstreamErrorCode>(
      'UPSTREAM_NO_UIDVALIDITY',
      `${where} gave no valid UIDVALIDITY for ${JSON.stringify(path)}, so its messages cannot be told apart.`,
      { remedy: 'user', advice: 'Ask who runs the server: the folder may have to be repaired there.' },
    )
  }
}

/** A folder that is open for reading. */
export class OpenFolder implements SelectedFolder {
  readonly #connection: ImapConnection
  readonly path: string
  readonly uidsAreSticky: boolean
  readonly uidValidity: number
  readonly uidNext: number | undefined
  readonly messages: number
  readonly highestModseq: bigint | undefined
  readonly readOnly: boolean
  readonly permanentFlags: readonly string[]
  readonly delta: SelectedFolder['delta']

  constructor(connection: ImapConnection, path: string, opening: Opening, hasDelta: boolean) {
    this.#connection = connection
    this.path = path
    this.uidsAreSticky = opening.uidsAreSticky
    this.uidValidity = opening.uidValidity
    this.uidNext = opening.uidNext
    this.messages = opening.messages
    this.highestModseq = opening.highestModseq
    this.readOnly = opening.readOnly
    this.permanentFlags = opening.permanentFlags
    this.delta = hasDelta ? { changed: opening.changed, vanished: opening.vanished } : undefined
  }

  async fetchFlags(changedSince?: bigint): Promise<readonly RemoteFlags[]> {
    if (this.messages === 0) return []
    const modifier = changedSince === undefined ? '' : ` (CHANGEDSINCE ${changedSince})`
    return await this.#fetchFlags([`UID FETCH 1:* (UID FLAGS)${modifier}`])
  }

  async fetchFlagsOf(uids: UidSet): Promise<readonly RemoteFlags[]> {
    const commands = Array.from(uids.split(MAX_SET_OCTETS), set => `UID FETCH ${set} (UID FLAGS)`)
    return (await this.#fetchFlags(commands)).filter(({ uid }) => uids.has(uid))
  }

  async #fetchFlags(commands: readonly string[]): Promise<readonly RemoteFlags[]> {
    const found: RemoteFlags[] = []
    const lines = new FlagLines()
    const line = (octets: Buffer) => {
      const message = lines.parse(octets)
      if (message) found.push(message)
      return message !== undefined
    }
    const data = {
      FETCH: (response: DataResponse) => {
        const { uid, flags } = parseFetch(response)
        if (uid !== undefined && flags) found.push({ uid, flags: lines.share(flags.join(' ')) })
      },
    }
    await Promise.all(commands.map(command => this.#connection.command([command], { data, line })))
    return found
  }

  async *fetchMetadata(uids: UidSet, want: WantedMetadata): AsyncGenerator<RemoteMetadata> {
    const items = [
      'UID FLAGS RFC822.SIZE INTERNALDATE',
      ...(want.header ? ['BODY.PEEK[HEADER]'] : want.messageId ? ['BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]'] : []),
      ...(this.#connection.capabilities.has('OBJECTID') ? ['EMAILID'] : []),
    ].join(' ')
    const commands = Array.from(uids.split(MAX_SET_OCTETS), set => `UID FETCH ${set} (${items})`)
    const told = new Set<number>()
    for await (const { uid, flags, size, internalDateMs, emailId, header } of this.#fetch(commands)) {
      // An unsolicited FETCH (flags only) tells nothing new here: the next cycle reads it.
      if (uid === undefined || size === undefined || !flags || !uids.has(uid) || told.has(uid)) continue
      told.add(uid)
      yield {
        uid,
        flags,
        size,
        internalDateMs: internalDateMs ?? 0,
        emailId,
        ...identify(header, want),
      }
    }
  }

  async *fetchHeads(uids: UidSet, octets: number): AsyncGenerator<RemoteHead> {
    if (uids.size === 0) return
    const commands = Array.from(uids.split(MAX_SET_OCTETS), set => `UID FETCH ${set} (UID BODY.PEEK[]<0.${octets}>)`)
    for await (const { uid, head } of this.#fetch(commands)) {
      if (uid !== undefined && head && uids.has(uid)) yield { uid, head: head.subarray(0, octets) }
    }
  }

  async searchUids(): Promise<UidSet> {
    if (this.messages === 0) return UidSet.EMPTY
    const found = new ToldRanges()
    const hasEsearch = this.#connection.capabilities.has('ESEARCH') // RFC 4731
    await this.#connection.command([hasEsearch ? 'UID SEARCH RETURN (ALL) ALL' : 'UID SEARCH ALL'], {
      data: {
        ESEARCH: ({ values }) => {
          const at = values.findIndex(value => textOf(value)?.toUpperCase() === 'ALL')
          found.add(UidSet.parse(textOf(values[at + 1]) ?? ''))
        },
        SEARCH: ({ values, number }) => {
          const first: ImapValue[] = number === undefined ? [] : [{ kind: 'atom', text: String(number) }]
          // Some servers need several lines for many.
          found.add(UidSet.of([...first, ...values].map(uidOf).filter(uid => uid !== undefined)))
        },
      },
    })
    return found.uids
  }

  download(next: () => Promise<DownloadBatch | undefined>, sink: BodySink): Promise<void> {
    return downloadBodies(this.#connection, next, sink)
  }

  #fetch(commands: readonly string[]): AsyncIterable<ReturnType<typeof parseFetch>> {
    const queue = new AsyncQueue<ReturnType<typeof parseFetch>>()
    const data = { FETCH: (response: DataResponse) => queue.push(parseFetch(response)) }
    // All of them at once: the network's round trips overlap.
    Promise.all(commands.map(command => this.#connection.command([command], { data, isStream: true }))).then(
      () => queue.end(),
      error => queue.fail(error),
    )
    return queue
  }
}

function identify(header: Buffer | undefined, want: WantedMetadata) {
  return {
    messageId: header && summarizeHeader(header).messageId,
    headerHash: header && want.header ? hash('sha256', header, 'buffer') : undefined,
  }
}
