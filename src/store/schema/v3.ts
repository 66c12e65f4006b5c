/** Version 3 of the store: what mail programs are told of beside messages and flags. */
export const SCHEMA_V3 = `
ALTER TABLE conflict ADD COLUMN modseq INTEGER; -- with which mail programs see it come; NULL when it was kept before
ALTER TABLE folder ADD COLUMN given_role TEXT; -- what a mail program made it for: its role while the server names none
ALTER TABLE item ADD COLUMN saved_at INTEGER; -- when it came into its folder here; NULL when nobody noted it
ALTER TABLE meta ADD COLUMN quota_usage INTEGER; -- octets of the account, as the server last told; NULL when it tells none
ALTER TABLE meta ADD COLUMN quota_limit INTEGER;
`
