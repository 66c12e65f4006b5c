import { UNVERIFIED } from './account.ts'
import { assertOneLine, notExpressible } from './not-expressible.ts'

/** A local Autodiscover file, as Outlook is told of it. */
export interface LocalAutodiscover {
  /** The part of the address after the @: Outlook looks local files up by it. */
  readonly domain: string
  /** Where the XML file lies on the Windows machine. */
  readonly file: string
}

// 15.0 is Outlook 2013; 16.0 are Outlook 2016, 2019, 2021, 2024 and the classic Outlook of Microsoft 365.
const OUTLOOK_VERSIONS = ['15.0', '16.0']
const BYTE_ORDER_MARK = '\ufeff'
const ABSOLUTE = /^(?:[A-Za-z]:\\|\\\\[^\\]+\\[^\\]+\\)[^<>"|?*]+$/

/**
 * Makes a .reg file that lets Outlook read a local Autodiscover file before it asks anybody: UTF-16LE with a byte order
 * mark and CRLF, as regedit writes it. For the signed-in user alone (HKEY_CURRENT_USER).
 *
 * @throws {PosternError} OUTLOOK_NOT_EXPRESSIBLE
 */
export function makeRegistryFile({ domain, file }: LocalAutodiscover): Buffer {
  if (!ABSOLUTE.test(file)) throw noPath(file)
  return regedit([`${quoted(domain)}=${quoted(file)}`, '"PreferLocalXML"=dword:00000001'])
}

/** Makes the .reg file that takes back what {@link makeRegistryFile} has set. */
export function makeRegistryUndoFile({ domain }: Pick<LocalAutodiscover, 'domain'>): Buffer {
  return regedit([`${quoted(domain)}=-`, '"PreferLocalXML"=-'])
}

function regedit(values: readonly string[]): Buffer {
  const keys = OUTLOOK_VERSIONS.flatMap(version => [
    `[HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\${version}\\Outlook\\AutoDiscover]`,
    ...values,
    '',
  ])
  const lines = ['Windows Registry Editor Version 5.00', '', `; ${UNVERIFIED}`, '', ...keys]
  return Buffer.from(`${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`, 'utf16le')
}

function quoted(text: string): string {
  assertOneLine('What shall stand in the registry', text)
  return `"${text.toWellFormed().replace(/["\\]/g, '\\$&')}"`
}

function noPath(file: string) {
  return notExpressible(
    `${JSON.stringify(file)} is no path of Windows, and the registry needs one.`,
    'Say where the files will lie on the Windows machine: --windows-folder C:\\Postern',
  )
}
