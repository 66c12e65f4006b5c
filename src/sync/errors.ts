/** Codes of failures of the sync engine. */
export type SyncErrorCode = 'SYNC_FOLDER_REFUSED' | 'SYNC_STOPPED' | 'SYNC_UID_NOT_STICKY'
