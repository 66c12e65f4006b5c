/**
 * Version 1 of the store. Frozen: a change is a new version with a migration, see test/store/migrations.test.ts.
 *
 * `bits` and `keywords` are flags (see flags.ts); `server_…` is what the server was last known to have, `local_…` what
 * the user sees: a difference is a local change to upload. Times are ms since the epoch. A body is a range of a pack.
 */
export const SCHEMA_V1 = `
CREATE TABLE meta(
  modseq INTEGER NOT NULL,            -- grows with every change that a client of the store can see
  cycle INTEGER NOT NULL,             -- grows with every finished cycle of the account
  last_sync_at INTEGER,               -- when a run last ended well
  last_error TEXT,                    -- JSON {code, message, advice} of the last run, NULL when it ended well
  distrust TEXT,                      -- JSON {host, evidence, atMs}: that server's deltas were wrong
  purged_at INTEGER,                  -- when what nobody asks for any more was last removed
  compacted_at INTEGER,               -- when packs were last looked at
  vanished_from INTEGER NOT NULL DEFAULT 0 -- table vanished knows of nothing before this mod-sequence
) STRICT;
INSERT INTO meta(modseq, cycle) VALUES(1, 1);

CREATE TABLE pack(
  id INTEGER PRIMARY KEY,             -- the number in the file's name
  committed_octets INTEGER NOT NULL,  -- what lies beyond is a torn tail and is cut at start
  retired_at INTEGER                  -- no row refers to it since then; removed when no reader can hold it any more
) STRICT;

CREATE TABLE folder(
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN('mail', 'file', 'calendar', 'contacts', 'tasks', 'notes')),
  path TEXT NOT NULL UNIQUE,
  delimiter TEXT,
  role TEXT,
  rights TEXT,                        -- MYRIGHTS (RFC 4314), NULL when the server does not say
  is_selectable INTEGER NOT NULL,
  is_excluded INTEGER NOT NULL,       -- never synchronized: Drafts
  state TEXT NOT NULL CHECK(state IN('ok', 'paused', 'gone')),
  error TEXT,                         -- JSON {code, message} of the last failure
  consent TEXT CHECK(consent IN('accept', 'restore')), -- what the user said to a mass deletion on the server
  deletions TEXT CHECK(deletions IN('held')), -- of many deletions here: until the user says what to do
  accepted_at INTEGER,                -- deletions before that count for no guard any more
  is_read_only INTEGER,               -- as the last SELECT answered; NULL when it was never asked
  uid_validity INTEGER,
  uid_next INTEGER,
  cursor TEXT,                        -- HIGHESTMODSEQ as text (it has 63 bits); a collection's sync token
  last_full_at INTEGER,               -- when all UIDs were compared
  let_go_before INTEGER,              -- bodies of mail older than this were let go, see the setting keepDays
  local_uid_validity INTEGER NOT NULL,
  local_uid_next INTEGER NOT NULL
) STRICT;

CREATE TABLE item(
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: people and the ledger name items by it
  folder INTEGER NOT NULL REFERENCES folder, -- where the user sees it
  local_uid INTEGER NOT NULL,
  remote_folder INTEGER REFERENCES folder,   -- where the server has it: another one while a move is to be told
  uid INTEGER NOT NULL,               -- in remote_folder; 0 not there yet, -1 lost by a change of UIDVALIDITY
  modseq INTEGER NOT NULL,
  email_id TEXT,
  message_id TEXT,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  server_bits INTEGER NOT NULL,
  server_keywords TEXT NOT NULL,
  local_bits INTEGER NOT NULL,
  local_keywords TEXT NOT NULL,
  body_state TEXT NOT NULL CHECK(body_state IN('header', 'full')),
  pack INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  subject TEXT,
  sender TEXT,
  date INTEGER,
  local_revision INTEGER NOT NULL DEFAULT 0,
  synced_revision INTEGER NOT NULL DEFAULT 0,
  wanted_at INTEGER,                  -- when a person last asked for all of it: its body is let go no earlier than one of then
  is_gone INTEGER NOT NULL DEFAULT 0, -- deleted locally, to be told to the server
  gone_at INTEGER,                    -- when; kept while an item that was restored may be gone on the server all the same
  is_blocked INTEGER NOT NULL DEFAULT 0, -- changed here where the server takes no changes
  born INTEGER NOT NULL DEFAULT 0,    -- the cycle in which it came from the server, or turned up again
  unlinked INTEGER                    -- the cycle in which the server stopped having it; swept a cycle later
) STRICT;
CREATE UNIQUE INDEX item_uid ON item(remote_folder, uid) WHERE uid > 0;
CREATE UNIQUE INDEX item_local_uid ON item(folder, local_uid);
CREATE INDEX item_message_id ON item(message_id) WHERE message_id IS NOT NULL;
CREATE INDEX item_nameless ON item(size, internal_date) WHERE message_id IS NULL;
CREATE INDEX item_email_id ON item(email_id) WHERE email_id IS NOT NULL;
CREATE INDEX item_unlinked ON item(unlinked) WHERE unlinked IS NOT NULL;
CREATE INDEX item_blocked ON item(id) WHERE is_blocked;
CREATE INDEX item_gone ON item(gone_at) WHERE gone_at IS NOT NULL;
CREATE INDEX item_lost ON item(remote_folder) WHERE uid = -1;
CREATE INDEX item_header ON item(remote_folder, internal_date, size, local_bits) WHERE body_state = 'header';
CREATE INDEX item_changed ON item(remote_folder)
  WHERE server_bits <> local_bits OR server_keywords <> local_keywords OR is_gone OR remote_folder <> folder;

CREATE TABLE dlq(                     -- to be downloaded
  folder INTEGER NOT NULL REFERENCES folder,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  local_uid INTEGER NOT NULL,         -- given here, so that it follows the server's order, not the order of arrival
  bits INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  message_id TEXT,
  email_id TEXT,
  want TEXT NOT NULL CHECK(want IN('header', 'full')),
  item INTEGER,                       -- whose body it is, when everything else of it is here
  attempts INTEGER NOT NULL DEFAULT 0,
  max_batch INTEGER,                  -- it was asked for with others when something failed: next with at most so many
  seen_at INTEGER NOT NULL,
  PRIMARY KEY(folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX dlq_item ON dlq(item) WHERE item IS NOT NULL;

CREATE TABLE stage(                   -- downloaded, to be imported
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL REFERENCES folder,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  local_uid INTEGER NOT NULL,
  bits INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  internal_date INTEGER NOT NULL,
  email_id TEXT,
  want TEXT NOT NULL CHECK(want IN('header', 'full')),
  item INTEGER,
  size INTEGER NOT NULL,              -- of the whole message
  attempts INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL,
  pack INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  UNIQUE(folder, uid_validity, uid)
) STRICT;
CREATE INDEX stage_order ON stage(folder, id);
CREATE INDEX stage_item ON stage(item) WHERE item IS NOT NULL;

CREATE TABLE op(                      -- what must be done on the server exactly once
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER,                       -- NULL for what is done to folders
  kind TEXT NOT NULL CHECK(kind IN('append', 'move', 'create', 'rename', 'delete')),
  state TEXT NOT NULL CHECK(state IN('ready', 'inflight', 'searched')),
  uid_next_before INTEGER,            -- of the destination, before the first octet was sent; of a folder to be deleted
  uid_validity_before INTEGER,        -- of a folder to be deleted
  source INTEGER,                     -- of an append: where the server once had the message and may show it again;
                                      -- of a change of a folder: that folder
  destination INTEGER,
  sent_hash BLOB,                     -- SHA-256 of the header sent, for messages without a Message-ID
  path TEXT,                          -- of the folder, as the server knows it
  new_path TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,    -- how often an answer never came, and the message was not there
  next_at INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX op_item ON op(item) WHERE item IS NOT NULL;

CREATE TABLE quota(                   -- one row while the server has no room for uploads
  refusals INTEGER NOT NULL,
  next_at INTEGER NOT NULL            -- until then nothing is uploaded
) STRICT;

CREATE TABLE expunge(                 -- UIDs whose message we have copied elsewhere, to be removed here
  folder INTEGER NOT NULL REFERENCES folder,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  is_marked INTEGER NOT NULL DEFAULT 0, -- has \\Deleted on a server that cannot remove single messages
  item INTEGER,                       -- what is appended elsewhere, since it was moved out of a folder that the user has deleted
  PRIMARY KEY(folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX expunge_item ON expunge(item) WHERE item IS NOT NULL;

CREATE TABLE ignored(                 -- what failed three times, with all that another attempt needs; uploads: op.attempts
  folder INTEGER NOT NULL REFERENCES folder,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK(stage IN('download', 'import')),
  error TEXT NOT NULL,
  since INTEGER NOT NULL,
  local_uid INTEGER NOT NULL,
  bits INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  message_id TEXT,
  email_id TEXT,
  want TEXT NOT NULL CHECK(want IN('header', 'full')),
  item INTEGER,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY(folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX ignored_item ON ignored(item) WHERE item IS NOT NULL;

CREATE TABLE tomb(                    -- deleted items, restorable until purged
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  uid_validity INTEGER,
  uid INTEGER NOT NULL,
  message_id TEXT,
  internal_date INTEGER NOT NULL,
  bits INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  size INTEGER NOT NULL,
  body_state TEXT NOT NULL CHECK(body_state IN('header', 'full')),
  pack INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  subject TEXT,
  sender TEXT,
  date INTEGER,
  decided_at INTEGER,                 -- when the user deleted it, before the server was told; NULL when it was somebody else
  deleted_at INTEGER NOT NULL,
  deleted_by TEXT NOT NULL CHECK(deleted_by IN('local', 'server'))
) STRICT;
CREATE INDEX tomb_item ON tomb(item);
CREATE INDEX tomb_time ON tomb(folder, deleted_at);

CREATE TABLE conflict(                -- the version that lost, kept until a person decides
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER NOT NULL,              -- the message's number, which it gets back when it is restored
  side TEXT NOT NULL CHECK(side IN('local', 'server')), -- whose version lost
  reason TEXT NOT NULL CHECK(reason IN('deleted-on-server', 'deleted-here', 'read-only')),
  folder INTEGER NOT NULL,            -- where the loser was
  path TEXT NOT NULL,                 -- the name that the folder had then
  message_id TEXT,
  internal_date INTEGER NOT NULL,
  size INTEGER NOT NULL,              -- of the whole message, when only its header is here
  bits INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  other_path TEXT,                    -- what was last known of the other side's version
  other_bits INTEGER NOT NULL,
  other_keywords TEXT NOT NULL,
  body_state TEXT NOT NULL CHECK(body_state IN('header', 'full')),
  pack INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  subject TEXT,
  sender TEXT,
  date INTEGER,
  at INTEGER NOT NULL,
  is_seen INTEGER NOT NULL DEFAULT 0  -- a person has looked at it
) STRICT;
CREATE INDEX conflict_item ON conflict(item);

CREATE TABLE object(                  -- an item whose content can change: an event, a contact, a task
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder INTEGER NOT NULL REFERENCES folder,
  href TEXT NOT NULL,                 -- its name on the server; ours for what is made here
  etag TEXT,                          -- of the server's version that is known; NULL when it has none
  octets BLOB NOT NULL,               -- as the user sees it; these are small, and change
  sha256 BLOB NOT NULL,
  local_revision INTEGER NOT NULL DEFAULT 0,
  synced_revision INTEGER NOT NULL DEFAULT 0, -- differs while a change is to be told
  sent_sha256 BLOB,                   -- of what was sent without an answer so far
  sent_revision INTEGER,
  is_gone INTEGER NOT NULL DEFAULT 0, -- deleted locally, to be told to the server
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  modseq INTEGER NOT NULL,
  UNIQUE(folder, href)
) STRICT;
CREATE INDEX object_changed ON object(folder) WHERE is_gone OR local_revision <> synced_revision;

CREATE TABLE object_queue(            -- to be read from the server
  folder INTEGER NOT NULL REFERENCES folder,
  href TEXT NOT NULL,
  PRIMARY KEY(folder, href)
) STRICT, WITHOUT ROWID;

CREATE TABLE object_conflict(         -- the version of an object that lost, kept until a person decides
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  object INTEGER NOT NULL,
  href TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN('local', 'server')),
  octets BLOB NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE damaged(                 -- bodies that cannot be read; one that the server has is fetched again
  owner TEXT NOT NULL CHECK(owner IN('item', 'tomb', 'conflict')),
  id INTEGER NOT NULL,                -- the row of that table
  cause TEXT NOT NULL,
  since INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, -- to fetch it again
  PRIMARY KEY(owner, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE vanished(                -- local UIDs that are gone, for clients that resynchronize (RFC 7162)
  folder INTEGER NOT NULL,
  local_uid INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  PRIMARY KEY(folder, local_uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger(                  -- what happened to an item, and when
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  item INTEGER,
  folder INTEGER,
  uid INTEGER,
  event TEXT NOT NULL,
  detail TEXT
) STRICT;
CREATE INDEX ledger_item ON ledger(item);
CREATE INDEX ledger_uid ON ledger(folder, uid) WHERE item IS NULL;
`
