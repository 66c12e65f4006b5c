import type { Database } from '../../database.ts'

/** A rule that rows of a sound store obey. */
export interface RowRule {
  /** What is wrong with the rows that break it. */
  readonly message: string
  /** Counts the rows that break it. */
  readonly broken: string
  /** Makes them obey. Loses nothing that the server or a person could miss. */
  readonly cures: readonly string[]
}

const NO_ITEM = 'item IS NOT NULL AND NOT EXISTS(SELECT 1 FROM item WHERE item.id = op.item)'
const UPLOADED = `kind = 'append' AND EXISTS(SELECT 1 FROM item WHERE item.id = op.item AND item.uid > 0)`
const NO_TARGET = `kind = 'append' AND item IS NOT NULL AND NOT EXISTS(SELECT 1 FROM folder WHERE folder.id = op.destination)`
const NO_PLACE = 'uid <> 0 AND remote_folder IS NULL'
const IN_BOTH =
  'EXISTS(SELECT 1 FROM stage WHERE (folder, uid_validity, uid) = (dlq.folder, dlq.uid_validity, dlq.uid))'
const renumbered = (queue: 'dlq' | 'stage') =>
  `EXISTS(SELECT 1 FROM folder WHERE folder.id = ${queue}.folder AND folder.uid_validity <> ${queue}.uid_validity)`
const TOO_LOW = 'local_uid_next <= (SELECT coalesce(max(local_uid), 0) FROM item WHERE item.folder = folder.id)'
// Without a cursor the next run compares the folders whole, and finds what the rows stood for.
const READ_ALL_AGAIN = 'UPDATE folder SET uid_next = NULL, cursor = NULL'

/** What check counts and repair cures. */
export const ROW_RULES: readonly RowRule[] = [
  {
    message: 'changes to upload belong to no item',
    broken: `SELECT count(*) AS n FROM op WHERE ${NO_ITEM}`,
    cures: [`DELETE FROM op WHERE ${NO_ITEM}`],
  },
  {
    message: 'items are to be uploaded although the server has them',
    broken: `SELECT count(*) AS n FROM op WHERE ${UPLOADED}`,
    cures: [`DELETE FROM op WHERE ${UPLOADED}`],
  },
  {
    message: 'items are to be uploaded into a folder that does not exist',
    broken: `SELECT count(*) AS n FROM op WHERE ${NO_TARGET}`,
    cures: [`UPDATE op SET destination = (SELECT folder FROM item WHERE item.id = op.item) WHERE ${NO_TARGET}`],
  },
  {
    message: 'items have a number on the server, but no folder there',
    broken: `SELECT count(*) AS n FROM item WHERE ${NO_PLACE}`,
    // What the server has is recognised by the next run; what it has not is uploaded.
    cures: [
      `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'inflight', folder FROM item WHERE ${NO_PLACE}
         AND id NOT IN(SELECT item FROM op WHERE item IS NOT NULL)`,
      `UPDATE item SET uid = 0 WHERE ${NO_PLACE}`,
    ],
  },
  {
    message: 'messages are both to be downloaded and downloaded',
    broken: `SELECT count(*) AS n FROM dlq WHERE ${IN_BOTH}`,
    cures: [`DELETE FROM dlq WHERE ${IN_BOTH}`],
  },
  {
    message: 'downloads have a number that the server no longer uses',
    broken: `SELECT count(*) AS n FROM dlq WHERE ${renumbered('dlq')}`,
    cures: [`DELETE FROM dlq WHERE ${renumbered('dlq')}`, READ_ALL_AGAIN],
  },
  {
    message: 'downloaded messages have a number that the server no longer uses',
    broken: `SELECT count(*) AS n FROM stage WHERE ${renumbered('stage')}`,
    cures: [`DELETE FROM stage WHERE ${renumbered('stage')}`, READ_ALL_AGAIN],
  },
  {
    message: 'folders would give a local number twice',
    broken: `SELECT count(*) AS n FROM folder WHERE ${TOO_LOW}`,
    cures: [
      `UPDATE folder SET local_uid_next = 1 + (SELECT max(local_uid) FROM item WHERE item.folder = folder.id)
         WHERE ${TOO_LOW}`,
    ],
  },
  {
    message: 'items are newer than the store’s own count of changes',
    broken: 'SELECT count(*) AS n FROM item WHERE modseq > (SELECT modseq FROM meta)',
    cures: ['UPDATE meta SET modseq = max(modseq, (SELECT coalesce(max(modseq), 0) FROM item))'],
  },
  {
    message: 'the row with the store’s own counters is missing',
    broken: 'SELECT count(*) = 0 AS n FROM meta',
    cures: [
      `INSERT INTO meta(modseq, cycle) SELECT (SELECT coalesce(max(modseq), 0) + 1 FROM item),
         (SELECT coalesce(max(unlinked), 0) + 1 FROM item) WHERE NOT EXISTS(SELECT 1 FROM meta)`,
    ],
  },
]

/** Counts how many rows break a rule. */
export function countBroken(database: Database, { broken }: RowRule): number {
  return Number(database.find(broken)?.n)
}
