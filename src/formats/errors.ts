/** Codes of failures to read a wire form. */
export type FormatsErrorCode = 'FORMATS_IMAP_SYNTAX' | 'FORMATS_IMAP_TOO_LARGE'
