/** Where a front listens, as Outlook is told it. */
export interface FrontAddress {
  readonly host: string
  readonly port: number
}

/** The account that Outlook is to have. There is no password in it: Outlook asks for that. */
export interface OutlookAccount {
  readonly email: string
  /** What Outlook signs in as, at both fronts. */
  readonly user: string
  /** The person's name, as recipients see it. */
  readonly displayName: string
  readonly pop3: FrontAddress
  readonly smtp: FrontAddress
}

/** A file that was made for Outlook. */
export interface SetupFile {
  /** A plain file name, or empty where whoever writes it chooses the name. */
  readonly name: string
  readonly content: Buffer
}

/** Stands in every file that is made, as long as nobody has reported from a real Outlook. */
export const UNVERIFIED = 'Unverified: made from documents, not yet tried with a real Outlook.'
