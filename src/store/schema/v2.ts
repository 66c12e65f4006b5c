/**
 * Version 2 of the store, for the IMAP view: a local UID is given when the user can see the item, not before. What a client
 * is told has changed since a mod-sequence is found by indexes.
 */
export const SCHEMA_V2 = `
ALTER TABLE dlq DROP COLUMN local_uid;
ALTER TABLE stage DROP COLUMN local_uid;
ALTER TABLE ignored DROP COLUMN local_uid;
CREATE INDEX item_modseq ON item(folder, modseq);
CREATE INDEX vanished_modseq ON vanished(folder, modseq);
ALTER TABLE folder ADD COLUMN is_unsubscribed INTEGER NOT NULL DEFAULT 0; -- by a mail program, here; the server is not told
`
