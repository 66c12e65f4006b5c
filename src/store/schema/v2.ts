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
ALTER TABLE conflict ADD COLUMN modseq INTEGER; -- with which mail programs see it come; NULL when it was kept before
ALTER TABLE folder ADD COLUMN given_role TEXT; -- what a mail program made it for: its role while the server names none
ALTER TABLE item ADD COLUMN saved_at INTEGER; -- when it came into its folder here; NULL when nobody noted it
ALTER TABLE meta ADD COLUMN quota_usage INTEGER; -- octets of the account, as the server last told; NULL when it tells none
ALTER TABLE meta ADD COLUMN quota_limit INTEGER;
ALTER TABLE folder ADD COLUMN is_unsubscribed INTEGER NOT NULL DEFAULT 0; -- by a mail program, here; the server is not told
`
