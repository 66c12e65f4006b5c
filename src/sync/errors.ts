/** Codes of what a run cannot decide by itself, and of changes that cannot be made. */
export type SyncErrorCode =
  | 'SYNC_MASS_DELETION'
  | 'SYNC_DELETIONS_HELD'
  | 'SYNC_UIDS_LOST'
  | 'SYNC_READ_ONLY'
  | 'SYNC_OVER_QUOTA'
  | 'SYNC_FILE_UNREADABLE'
  | 'SYNC_NOT_A_MESSAGE'
  | 'SYNC_BAD_FLAG'
  | 'SYNC_BODY_UNREACHABLE'
  | 'SYNC_BODY_GONE'
  | 'SYNC_FETCH_TIMEOUT'
  | 'SYNC_NOT_JOINED'
