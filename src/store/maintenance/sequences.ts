import type { Database } from '../database.ts'

/** Lets a table give no number up to `last` again. In a transaction of the caller's. */
export function raiseSequence(database: Database, table: string, last: number): void {
  const { changes } = database.run('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?', last, table)
  if (changes === 0) database.run('INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)', table, last)
}
