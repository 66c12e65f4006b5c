/** Codes of failures around profiles and their secrets. */
export type ProfileErrorCode =
  | 'PROFILE_EXISTS'
  | 'PROFILE_UNKNOWN'
  | 'PROFILE_AMBIGUOUS'
  | 'PROFILE_NONE'
  | 'PROFILE_INVALID'
  | 'PROFILE_NO_PASSWORD'
  | 'PROFILE_NO_SMTP'
  | 'PROFILE_NO_SUCH_MESSAGE'
  | 'PROFILE_SECRETS_UNREADABLE'
  | 'PROFILE_KEYCHAIN_UNAVAILABLE'
