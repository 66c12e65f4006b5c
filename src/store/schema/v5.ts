/** Version 5 of the store: calendars and address books of a server, and what was deleted in them. */
export const SCHEMA_V5 = `
ALTER TABLE folder ADD COLUMN href TEXT;       -- of a collection: its place on the server
ALTER TABLE folder ADD COLUMN components TEXT; -- of a calendar: what it takes, with spaces between
CREATE UNIQUE INDEX folder_href ON folder(kind = 'contacts', href) WHERE href IS NOT NULL; -- the two may be on two servers

ALTER TABLE meta ADD COLUMN collections_of TEXT; -- of which account they are: what is known of a server is true of that one

ALTER TABLE object_queue ADD COLUMN etag TEXT; -- of the version that is to be read
ALTER TABLE object_queue ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0; -- that failed; then it is asked for alone
ALTER TABLE object_queue ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE object_queue ADD COLUMN error TEXT; -- why it could not be read when it was asked for alone

CREATE TABLE object_tomb(              -- deleted objects, restorable until purged
  id INTEGER PRIMARY KEY,
  object INTEGER NOT NULL,             -- the object's number, which it gets back when it is restored
  folder INTEGER NOT NULL,
  href TEXT NOT NULL,
  octets BLOB NOT NULL,
  deleted_at INTEGER NOT NULL,
  deleted_by TEXT NOT NULL CHECK(deleted_by IN('local', 'server'))
) STRICT;
CREATE INDEX object_tomb_object ON object_tomb(object);

ALTER TABLE object_conflict RENAME TO object_conflict_v1;
CREATE TABLE object_conflict(          -- the version of an object that lost, kept until a person decides
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder INTEGER NOT NULL,
  object INTEGER NOT NULL,
  href TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN('local', 'server')),
  octets BLOB NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  is_seen INTEGER NOT NULL DEFAULT 0   -- a person has looked at it
) STRICT;
INSERT INTO object_conflict(id, folder, object, href, side, octets, reason, at)
  SELECT id, folder, object, href, side, octets, reason, at FROM object_conflict_v1;
DROP TABLE object_conflict_v1;
`
