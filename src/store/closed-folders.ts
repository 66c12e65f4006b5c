/** Of a folder: that the user may put mail there at most, and not look into it (RFC 4314). */
export const IS_CLOSED = `instr(rights, 'r') = 0`

/** Of an item: that the server took it into such a folder. Nobody looks for it as long as nobody may. */
export const IS_UNSEEN = `uid = -1 AND unlinked IS NULL AND remote_folder IN(SELECT id FROM folder WHERE ${IS_CLOSED})
  AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)`
