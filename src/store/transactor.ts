import { type AdoptionContext, findAdoptable, findGiven, type IncomingMessage, LOOKED_FOR } from './changes/adoption.ts'
import { CollectionFolders } from './changes/collection-folders.ts'
import { Conflicts, type Resolution } from './changes/conflicts.ts'
import { DeletedFolders } from './changes/deleted-folders.ts'
import { FolderChanges, type RefusedFolderChange } from './changes/folder-changes.ts'
import { HeldFolders } from './changes/held-folders.ts'
import { INSERT_ITEM, IncomingMail } from './changes/incoming.ts'
import { JoinObjects } from './changes/join-objects.ts'
import { LocalChanges } from './changes/local-changes.ts'
import { MergeChanges } from './changes/merge.ts'
import { ObjectUndo } from './changes/object-undo.ts'
import { ObjectChanges } from './changes/objects.ts'
import { Purge } from './changes/purge.ts'
import { PushOutcomes } from './changes/push-outcomes.ts'
import { Quota } from './changes/quota.ts'
import { ReadOnlyFolders } from './changes/read-only-folders.ts'
import { ServerChanges } from './changes/server-changes.ts'
import { Undo } from './changes/undo.ts'
import type { Database, Row } from './database.ts'
import type { MessageFlags } from './flags.ts'
import { DamagedBodies } from './packs/damaged-bodies.ts'
import type { PackLocation } from './packs/pack-format.ts'
import type { FolderRow, MessageDigest } from './rows.ts'
import { TransactionScope } from './transaction-scope.ts'

/** A folder of the server, as far as the store keeps it. */
export interface FolderFacts {
  readonly path: string
  readonly delimiter: string | undefined
  readonly role: string | undefined
  /** What the server lets us do there (RFC 4314), undefined when it does not say. */
  readonly rights: string | undefined
  readonly isSelectable: boolean
  readonly isExcluded: boolean
}

/** Where a folder's next delta begins. */
export interface FolderPosition {
  readonly uidValidity: number
  readonly uidNext: number | undefined
  readonly highestModseq: bigint | undefined
}

// `uid > 0` beside `uid = ?` lets SQLite use the index item_uid, which holds no others.

/** Changes the store inside one transaction; made by `Store.transact` and valid during it only. */
export class Transactor {
  readonly #scope: TransactionScope
  readonly #database: Database
  readonly #now: number
  #isAnyLookedFor: boolean | undefined
  /** What comes from the server. */
  readonly incoming: IncomingMail
  /** What the user changes. */
  readonly local: LocalChanges
  readonly folders: FolderChanges
  readonly deletedFolders: DeletedFolders
  /** What the server answered to what was pushed. */
  readonly push: PushOutcomes
  readonly quota: Quota
  readonly objects: ObjectChanges
  readonly objectUndo: ObjectUndo
  readonly collections: CollectionFolders
  /** Joins them with those of an account. */
  readonly joins: JoinObjects
  readonly damaged: DamagedBodies
  readonly purge: Purge
  readonly conflicts: Conflicts
  /** Brings back what was deleted or lost a conflict. */
  readonly undo: Undo
  readonly held: HeldFolders
  readonly readOnly: ReadOnlyFolders
  /** Joins the store with an account that it was not synchronized with. */
  readonly merge: MergeChanges
  readonly #server: ServerChanges

  constructor(database: Database, now: number) {
    this.#scope = new TransactionScope(database, now)
    this.#database = database
    this.#now = now
    this.deletedFolders = new DeletedFolders(this.#scope)
    this.folders = new FolderChanges(this.#scope, this.deletedFolders)
    this.local = new LocalChanges(this.#scope)
    this.push = new PushOutcomes(this.#scope)
    this.quota = new Quota(this.#scope)
    this.objects = new ObjectChanges(this.#scope)
    this.objectUndo = new ObjectUndo(this.#scope, this.objects)
    this.collections = new CollectionFolders(this.#scope, this.objects)
    this.joins = new JoinObjects(this.#scope, this.objects)
    this.damaged = new DamagedBodies(this.#scope)
    this.purge = new Purge(this.#scope)
    this.conflicts = new Conflicts(this.#scope)
    this.#server = new ServerChanges(this.#scope, this.push, this.folders, this.conflicts)
    this.undo = new Undo(this.#scope, this.local, this.#server, this.conflicts)
    this.readOnly = new ReadOnlyFolders(this.#scope, this.conflicts)
    this.held = new HeldFolders(this.#scope, this.#server, this.folders)
    this.merge = new MergeChanges(this.#scope, this.#server, this.local, this.folders)
    this.incoming = new IncomingMail(this.#scope, this.#server)
  }

  /** Adds the folder, or updates what the server says of it. */
  putFolder(facts: FolderFacts): void {
    const { path, delimiter, role, rights, isSelectable, isExcluded } = facts
    this.#scope.yieldPath(path)
    this.#database.run(
      `INSERT INTO folder(kind, path, delimiter, role, rights, is_selectable, is_excluded, state, local_uid_validity,
         local_uid_next) VALUES('mail', ?, ?, ?, ?, ?, ?, 'ok', ?, 1)
       ON CONFLICT(path) DO UPDATE SET delimiter = excluded.delimiter, role = excluded.role,
         rights = excluded.rights, is_selectable = excluded.is_selectable, is_excluded = excluded.is_excluded,
         state = iif(state = 'gone', 'ok', state)`,
      path,
      delimiter ?? null,
      role ?? null,
      rights ?? null,
      Number(isSelectable),
      Number(isExcluded),
      Math.trunc(this.#now / 1000),
    )
  }

  /** Makes the Inbox of a profile that was never synchronized; with the delimiter that folders here are to have. */
  ensureInbox(delimiter?: string): void {
    if (this.#database.find(`SELECT 1 FROM folder WHERE path = 'INBOX'`)) return
    const none = { delimiter, rights: undefined, isSelectable: true, isExcluded: false }
    this.putFolder({ path: 'INBOX', role: 'inbox', ...none })
  }

  /**
   * Marks a folder that the server no longer has; its items are unlinked as if they had been deleted there. True when it
   * is to be made again.
   */
  loseFolder(folder: FolderRow): boolean {
    const sql = `UPDATE folder SET state = 'gone', uid_validity = NULL, uid_next = NULL, cursor = NULL WHERE id = ?`
    this.#database.run(sql, folder.id)
    this.#forgetQueues(folder.id)
    // A folder that is made anew under the name has the same UIDs for other messages.
    this.#database.run('UPDATE item SET uid = -1 WHERE remote_folder = ? AND uid > 0', folder.id)
    this.#database.run(
      'UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE remote_folder = ? AND unlinked IS NULL',
      folder.id,
    )
    this.#scope.log({ folder: folder.id, event: 'folder-gone', detail: folder.path })
    const unsent = 'SELECT 1 FROM item WHERE folder = ? AND remote_folder IS NOT folder AND unlinked IS NULL LIMIT 1'
    if (!this.#database.find(unsent, folder.id)) return false
    this.folders.revive(folder.id) // what the user put there shall not be lost with it
    return true
  }

  setFolderError(folder: number, error: { code: string; message: string } | undefined): void {
    this.#database.run('UPDATE folder SET error = ? WHERE id = ?', error ? JSON.stringify(error) : null, folder)
  }

  setPosition(folder: number, { uidValidity, uidNext, highestModseq }: FolderPosition, isFull: boolean): void {
    this.#database.run(
      `UPDATE folder SET uid_validity = ?, uid_next = ?, cursor = ?, last_full_at = iif(?, ?, last_full_at) WHERE id = ?`,
      uidValidity,
      uidNext ?? null,
      highestModseq === undefined ? null : String(highestModseq),
      Number(isFull),
      this.#now,
      folder,
    )
    this.#database.run('DELETE FROM expunge WHERE folder = ? AND uid_validity <> ?', folder, uidValidity)
  }

  /** The server numbers the folder anew: items wait to be recognised, everything else that names UIDs is forgotten. */
  loseUids(folder: number): void {
    this.#forgetQueues(folder)
    this.#database.run('UPDATE item SET uid = -1 WHERE remote_folder = ? AND uid > 0', folder)
    // But for a UID that the server gave under another number of the folder: that may be the new one.
    const sql = `UPDATE op SET uid_next_before = 0 WHERE destination = ?1
      AND (uid_validity_before IS NULL OR uid_validity_before = (SELECT uid_validity FROM folder WHERE id = ?1))`
    this.#database.run(sql, folder)
    this.#scope.log({ folder, event: 'uidvalidity-changed' })
  }

  /** Undoes a change of a folder that the server refuses for good, see {@link FolderChanges.giveUp}. */
  giveUpFolderChange(change: RefusedFolderChange): void {
    const stray = this.folders.giveUp(change)
    if (stray === undefined) return
    // Its messages are recognised where they are: the other folder may have the same numbers.
    this.loseUids(stray)
    this.#database.run('UPDATE folder SET uid_validity = NULL, uid_next = NULL, cursor = NULL WHERE id = ?', stray)
  }

  /** Takes over the server's flags wherever the message is now. */
  setServerFlags(
    folder: number,
    uidValidity: number,
    { uid, flags }: { readonly uid: number; readonly flags: MessageFlags },
    resolution: Resolution,
  ): void {
    const { bits, keywords } = flags
    for (const queue of ['dlq', 'stage', 'ignored'] as const) {
      const sql = `UPDATE ${queue} SET bits = ?, keywords = ? WHERE folder = ? AND uid_validity = ? AND uid = ?
        AND item IS NULL`
      if (this.#database.run(sql, bits, keywords, folder, uidValidity, uid).changes > 0) return
    }
    const row = this.#database.find('SELECT * FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (row) this.#server.setFlags(row, flags, resolution)
  }

  /** The server no longer has the message. An item stays, hidden, until a whole cycle has shown that it was no move. */
  vanish(folder: number, uidValidity: number, uid: number): void {
    for (const queue of ['dlq', 'stage', 'ignored', 'expunge'] as const) {
      const isOwn = queue === 'expunge' ? '' : 'AND item IS NULL'
      const sql = `DELETE FROM ${queue} WHERE folder = ? AND uid_validity = ? AND uid = ? ${isOwn}`
      if (this.#database.run(sql, folder, uidValidity, uid).changes === 0) continue
      this.#scope.log({ folder, uid, event: 'vanished' })
      return
    }
    const row = this.#database.find(
      `SELECT * FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0 AND unlinked IS NULL
         AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id AND op.state = 'inflight')`, // our move: its destination tells
      ...[folder, uid],
    )
    if (row) this.#scope.unlink(row)
  }

  /** Unlinks items that no UID of the new UIDVALIDITY was recognised as. */
  vanishLost(folder: number): void {
    const sql = 'SELECT * FROM item WHERE remote_folder = ? AND uid = -1 AND unlinked IS NULL'
    for (const row of this.#database.all(sql, folder)) this.#scope.unlink(row)
  }

  /**
   * Recognises new UIDs as those that the server gave to messages of ours, whatever it has made of their octets; gives the
   * others. Before {@link adopt}, which would take a copy for one of them.
   */
  adoptGiven<Message extends IncomingMessage>(
    folder: number,
    uidValidity: number,
    messages: readonly Message[],
    resolution: Resolution,
  ): readonly Message[] {
    if (messages.length === 0) return messages
    const given = findGiven(this.#database, folder, uidValidity)
    return messages.filter(message => {
      const row = given.get(message.uid)
      if (row) this.#server.bind(row, folder, message, resolution)
      return !row
    })
  }

  /** Recognises a new UID as an item that the store has already. */
  adopt(folder: number, message: IncomingMessage, context: AdoptionContext): boolean {
    // Nothing is looked for in most runs, and a first pull asks this of every message.
    this.#isAnyLookedFor ??= this.#database.find(`SELECT 1 FROM (${LOOKED_FOR}) LIMIT 1`) !== undefined
    if (!this.#isAnyLookedFor) return false
    const candidate = this.#findReturned(folder, message) ?? findAdoptable(this.#database, folder, message, context)
    if (!candidate) return false
    this.#server.bind(candidate, folder, message, context.resolution)
    return true
  }

  /** Adds a message that is only here so far, made by Postern itself. */
  addLocal(folder: number, { pack, offset, length }: PackLocation, digest: MessageDigest): number {
    const { lastRowId } = this.#database.run(
      INSERT_ITEM,
      ...[
        folder,
        null,
        0,
        this.#scope.nextLocalUid(folder),
        this.#scope.modseq,
        null,
        digest.messageId ?? null,
        length,
        this.#now,
      ],
      ...[0, '', 0, '', 'full', pack, offset, length, digest.sha256],
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null, this.#now],
    )
    this.#scope.log({ item: lastRowId, folder, event: 'made-locally' })
    return lastRowId
  }

  /** A whole cycle has shown that the server deleted these items, and moved them nowhere. */
  settle(items: readonly number[], resolution: Resolution): void {
    this.#server.settle(items, resolution)
  }

  /** Everything is settled that vanished before this cycle: the next one begins. */
  endCycle(): void {
    this.settleRestored()
    this.#database.run('UPDATE meta SET cycle = cycle + 1')
  }

  /** A whole cycle has seen what was restored: what is still there is an item like any other. */
  settleRestored(): void {
    this.#database.run('UPDATE item SET gone_at = NULL WHERE gone_at IS NOT NULL AND is_gone = 0 AND unlinked IS NULL')
  }

  /** Remembers that a server's deltas were wrong; forgets it without evidence. */
  distrust(host: string, evidence: string | undefined): void {
    const text = evidence === undefined ? null : JSON.stringify({ host, evidence, atMs: this.#now })
    this.#database.run('UPDATE meta SET distrust = ?', text)
    if (evidence !== undefined) this.#scope.log({ event: 'deltas-distrusted', detail: `${host}: ${evidence}` })
  }

  /** Keeps how the last run ended, for people who ask later. */
  noteRun(error: { readonly code: string; readonly message: string; readonly advice: string } | undefined): void {
    const sql = 'UPDATE meta SET last_sync_at = iif(?, ?, last_sync_at), last_error = ?'
    this.#database.run(
      sql,
      Number(error === undefined),
      this.#now,
      error ? JSON.stringify({ code: error.code, message: error.message, advice: error.advice }) : null,
    )
  }

  setPackEnd(pack: number, octets: number): void {
    const sql = `INSERT INTO pack(id, committed_octets) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET
      committed_octets = max(committed_octets, excluded.committed_octets)`
    this.#database.run(sql, pack, octets)
  }

  // A UID means the same message for as long as its UIDVALIDITY is the same; a server that contradicts itself is not believed.
  #findReturned(folder: number, { uid, size }: IncomingMessage): Row | undefined {
    const row = this.#database.find('SELECT * FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (!row || row.size === size) return row
    this.#server.giveUp(row)
    return undefined
  }

  #forgetQueues(folder: number): void {
    for (const queue of ['dlq', 'stage', 'ignored', 'expunge'] as const) {
      this.#database.run(`DELETE FROM ${queue} WHERE folder = ?`, folder)
    }
  }
}
