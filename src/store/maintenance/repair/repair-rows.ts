import type { Database } from '../../database.ts'
import { countBroken, ROW_RULES } from './row-rules.ts'

const WITHOUT_FOLDER = 'folder NOT IN(SELECT id FROM folder)'
const WITHOUT_REMOTE = 'remote_folder IS NOT NULL AND remote_folder NOT IN(SELECT id FROM folder)'

/** Makes rows obey the rules; gives a sentence for each that was broken. */
export function cureRows(database: Database): string[] {
  const done: string[] = []
  for (const rule of ROW_RULES) {
    const count = countBroken(database, rule)
    if (count === 0) continue
    database.transaction(() => {
      for (const cure of rule.cures) database.run(cure)
    }, true)
    done.push(`${count} × ${rule.message}: cured`)
  }
  return done
}

/**
 * Gives a home to rows whose folder is unknown: items go to the Inbox, from where the next run takes them back to where
 * the server has them; what only repeats what the server knows goes.
 */
export function adoptOrphans(database: Database, now: number): string[] {
  const count = (sql: string) => Number(database.find(`SELECT count(*) AS n FROM ${sql}`)?.n)
  const homeless = count(`item WHERE ${WITHOUT_FOLDER}`)
  const unbound = count(`item WHERE ${WITHOUT_REMOTE}`)
  const queues = ['dlq', 'stage', 'ignored', 'expunge'] as const
  const queued = queues.reduce((sum, queue) => sum + count(`${queue} WHERE ${WITHOUT_FOLDER}`), 0)
  if (homeless + unbound + queued === 0) return []
  database.transaction(() => {
    for (const queue of queues) database.run(`DELETE FROM ${queue} WHERE ${WITHOUT_FOLDER}`)
    if (unbound > 0) unbind(database)
    if (homeless > 0) moveToInbox(database, now)
  }, true)
  return [
    ...(homeless > 0
      ? [`${homeless} items of unknown folders are in the Inbox until the next run finds their place`]
      : []),
    ...(unbound > 0 ? [`${unbound} items are looked for on the server by the next run`] : []),
    ...(queued > 0
      ? [`${queued} entries of queues of unknown folders were removed; the next run finds them again`]
      : []),
  ]
}

// As if their upload's answer had been lost: the next run recognises what the server has, and uploads the rest.
function unbind(database: Database): void {
  database.run(
    `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'inflight', folder FROM item
       WHERE ${WITHOUT_REMOTE} AND id NOT IN(SELECT item FROM op WHERE item IS NOT NULL)`,
  )
  database.run(`UPDATE item SET remote_folder = NULL, uid = 0, unlinked = NULL WHERE ${WITHOUT_REMOTE}`)
}

function moveToInbox(database: Database, now: number): void {
  database.run(
    `INSERT INTO folder(kind, path, role, is_selectable, is_excluded, state, local_uid_validity, local_uid_next)
       VALUES('mail', 'INBOX', 'inbox', 1, 0, 'ok', ?, 1) ON CONFLICT(path) DO NOTHING`,
    Math.trunc(now / 1000),
  )
  const inbox = database.find(`SELECT id, local_uid_next AS next FROM folder WHERE path = 'INBOX'`)
  const id = Number(inbox?.id)
  let next = Number(inbox?.next)
  for (const row of database.all(`SELECT id FROM item WHERE ${WITHOUT_FOLDER} ORDER BY id`)) {
    const sql = 'UPDATE item SET folder = ?, local_uid = ?, saved_at = ? WHERE id = ?'
    database.run(sql, id, next++, now, Number(row.id))
  }
  database.run('UPDATE folder SET local_uid_next = ? WHERE id = ?', next, id)
  database.run('UPDATE op SET destination = ? WHERE item IS NOT NULL AND destination NOT IN(SELECT id FROM folder)', id)
}
