import type { OutlookAccount } from './account.ts'
import { UNVERIFIED } from './account.ts'
import { type CodePage, encodeAnsi } from './code-page.ts'
import { assertOneLine, notExpressible } from './not-expressible.ts'

/** What a .prf file is to make of Outlook. */
export interface ProfileFileOptions {
  /** The name of the Outlook profile that is made. One that is there already is left as it is. */
  readonly outlookProfile: string
  /** A data file to be named as the default one, as a path of the Windows machine; without it Outlook makes its own. */
  readonly dataFile?: string | undefined
  readonly codePage: CodePage
}

const NO_ENCRYPTION_OF_FILE = '0x80000000' // KB 259957; whether it is Unicode is told by the service
const ABSOLUTE_PST = /^(?:[A-Za-z]:\\|%[A-Za-z]+%\\|\\\\[^\\]+\\[^\\]+\\)[^<>"|?*]*\.pst$/i

/**
 * Makes a .prf file: an INI file in Windows' ANSI code page with CRLF, that `outlook.exe /importprf FILE` reads. It makes
 * a new Outlook profile with one POP3 account, which sends with the same user and password, and the address book.
 *
 * @throws {PosternError} OUTLOOK_NOT_EXPRESSIBLE
 */
export function makeProfileFile(account: OutlookAccount, options: ProfileFileOptions): Buffer {
  const lines = [
    `; ${UNVERIFIED}`,
    '; No password stands here, nor can one: Outlook asks for it.',
    ...section('General', general(options)),
    ...section('Service List', services(options)),
    ...section('Internet Account List', { Account1: 'I_Mail' }),
    ...section('Service1', {}),
    ...(options.dataFile === undefined ? [] : section('Service2', dataFile(account, options.dataFile))),
    ...section('Account1', internetAccount(account)),
    ...section('Outlook Address Book', { ServiceName: 'CONTAB' }),
    ...section('Unicode Personal Folders', DATA_FILE_PROPERTIES),
    ...section('I_Mail', ACCOUNT_PROPERTIES),
  ]
  return encodeAnsi(`${lines.join('\r\n')}\r\n`, options.codePage)
}

type Values = Readonly<Record<string, string | number>>

function general({ outlookProfile, dataFile }: ProfileFileOptions): Values {
  return {
    Custom: 1,
    ProfileName: outlookProfile,
    DefaultProfile: 'Yes',
    // Nothing of what is there is touched; "Append" would put the account into it once more at every import.
    OverwriteProfile: 'No',
    ModifyDefaultProfileIfPresent: 'FALSE',
    BackupProfile: 'No',
    ...(dataFile === undefined ? {} : { DefaultStore: 'Service2' }),
  }
}

function services({ dataFile }: ProfileFileOptions): Values {
  return {
    Service1: 'Outlook Address Book',
    ...(dataFile === undefined ? {} : { Service2: 'Unicode Personal Folders' }),
  }
}

function dataFile({ email }: OutlookAccount, path: string): Values {
  if (!ABSOLUTE_PST.test(path)) throw noDataFile(path)
  return { UniqueService: 'No', Name: email, PathToPersonalFolders: path, EncryptionType: NO_ENCRYPTION_OF_FILE }
}

function internetAccount({ email, user, displayName, pop3, smtp }: OutlookAccount): Values {
  return {
    UniqueService: 'No',
    AccountName: email,
    DisplayName: displayName,
    EmailAddress: email,
    POP3Server: pop3.host,
    POP3Port: pop3.port,
    POP3UserName: user,
    POP3UseSPA: 0,
    POP3UseSSL: 0, // the connection does not leave the machine
    SMTPServer: smtp.host,
    SMTPPort: smtp.port,
    SMTPUseAuth: 1,
    SMTPAuthMethod: 0, // with the user and the password of POP3
    SMTPUseSSL: 0,
    ConnectionType: 0, // by the network, not by a modem
    ServerTimeOut: 60, // seconds
    DefaultAccount: 'TRUE',
  }
}

// What Outlook stores a value as: its property, and the property's type. A name without one is silently not stored.
const DATA_FILE_PROPERTIES: Values = {
  ServiceName: 'MSUPST MS',
  Name: 'PT_UNICODE,0x3001',
  PathToPersonalFolders: 'PT_STRING8,0x6700',
  EncryptionType: 'PT_LONG,0x6702',
}

const ACCOUNT_PROPERTIES: Values = {
  AccountType: 'POP3',
  AccountName: 'PT_UNICODE,0x0002',
  DisplayName: 'PT_UNICODE,0x000B',
  EmailAddress: 'PT_UNICODE,0x000C',
  ConnectionType: 'PT_LONG,0x000F',
  POP3Server: 'PT_UNICODE,0x0100',
  POP3UserName: 'PT_UNICODE,0x0101',
  POP3Port: 'PT_LONG,0x0104',
  POP3UseSSL: 'PT_LONG,0x0105',
  POP3UseSPA: 'PT_LONG,0x0108',
  SMTPServer: 'PT_UNICODE,0x0200',
  SMTPPort: 'PT_LONG,0x0201',
  SMTPUseSSL: 'PT_LONG,0x0202',
  SMTPUseAuth: 'PT_LONG,0x0203',
  SMTPAuthMethod: 'PT_LONG,0x0208',
  ServerTimeOut: 'PT_LONG,0x0209',
}

function section(name: string, values: Values): readonly string[] {
  return ['', `[${name}]`, ...Object.entries(values).map(([key, value]) => `${key}=${valueText(key, value)}`)]
}

// Windows' own reader of INI files takes spaces and a pair of quotes at both ends away.
function valueText(key: string, value: string | number): string {
  const text = String(value)
  assertOneLine(key, text)
  if (text.trim() !== text || /^(["']).*\1$/.test(text)) {
    throw notExpressible(
      `${key} begins or ends with a space or a quotation mark.`,
      'Take it out: Outlook would lose it.',
    )
  }
  return text
}

function noDataFile(path: string) {
  return notExpressible(
    `${JSON.stringify(path)} is no data file’s path on Windows.`,
    'Give one such as C:\\Users\\ada\\Documents\\postern.pst; its folder must exist there.',
  )
}
