/** Codes of failures around Outlook. */
export type OutlookErrorCode = 'OUTLOOK_NOT_EXPRESSIBLE'
