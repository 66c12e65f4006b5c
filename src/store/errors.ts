/** Codes of failures of the local store. */
export type StoreErrorCode =
  | 'STORE_NEWER_SCHEMA'
  | 'STORE_UNREADABLE'
  | 'STORE_DISK_FULL'
  | 'STORE_WRITE_FAILED'
  | 'STORE_PACK_DAMAGED'
  | 'STORE_NO_SUCH_FOLDER'
  | 'STORE_NO_SUCH_ITEM'
  | 'STORE_NETWORK_FILESYSTEM'
  | 'STORE_LOCKED'
