import { PosternError } from '../../errors.ts'
import type { Database } from '../database.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import type { PackReader } from '../packs/pack-reader.ts'
import { locationOf } from '../row-values.ts'

/** SHA-256 of the header of a body. */
export type HeaderHashOf = (packs: PackReader, location: PackLocation) => Buffer

/**
 * Notes, for uploads under way without a Message-ID, the header by which the next run recognises them on the server: what
 * has arrived is not sent a second time.
 */
export function addSentHashes(database: Database, headerHashOf: (location: PackLocation) => Buffer): void {
  const sql = `SELECT op.seq, item.pack, item.offset, item.length FROM op JOIN item ON item.id = op.item
    WHERE op.kind = 'append' AND op.state <> 'ready' AND op.sent_hash IS NULL AND item.message_id IS NULL`
  for (const row of database.all(sql)) {
    try {
      database.run('UPDATE op SET sent_hash = ? WHERE seq = ?', headerHashOf(locationOf(row)), Number(row.seq))
    } catch (error) {
      if (!(error instanceof PosternError && error.code === 'STORE_PACK_DAMAGED')) throw error // cannot be sent either
    }
  }
}
