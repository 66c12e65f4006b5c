import fc from 'fast-check'
import t from 'tap'
import { PosternError } from '../../../src/errors.ts'
import { findDavmailAccounts } from '../../../src/profile/migration/davmail/accounts.ts'
import { type Findings, withNames, withValid } from '../../../src/profile/migration/found-account.ts'
import { findMbsyncAccounts } from '../../../src/profile/migration/mbsync/accounts.ts'
import { parseMbsync } from '../../../src/profile/migration/mbsync/sections.ts'
import { findThunderbirdAccounts } from '../../../src/profile/migration/thunderbird/accounts.ts'
import { parsePreferences } from '../../../src/profile/migration/thunderbird/preferences.ts'
import { findProfileFolder } from '../../../src/profile/migration/thunderbird/profile-folder.ts'
import { importedSettings } from '../../../src/profile/transfer/imported-profile.ts'
import { parseProfileDocument } from '../../../src/profile/transfer/profile-document.ts'

// Pieces of all the formats, so that what is made of them comes far into each.
const WORDS = [
  ...[
    'user_pref("mail.',
    '"account1"',
    '", "',
    '");',
    'account1.server',
    'server.server1.',
    'type", "imap"',
    'hostname',
  ],
  ...['accountmanager.accounts", "account1', 'server1', '", 3);', '\\u00', '\\x4', '\\'],
  ...[
    'IMAPAccount',
    'IMAPStore',
    'Channel',
    'Host',
    'User',
    'Port',
    'Far',
    ':a:',
    'Patterns',
    'SSLType',
    '"',
    '#',
    '!*',
  ],
  ...['davmail.imapPort=', 'davmail.oauth.a@b.refreshToken=', 'davmail.bindAddress=', '1143', '99999', ':', '='],
  ...['[Profile0]', '[InstallX]', 'Path=', 'Default=', '../', '/'],
  ...[
    'version: 1',
    'profiles:',
    '  a:',
    '    email: a@b',
    '    imap: imap://x',
    '&a',
    '*a',
    '- ',
    '{',
    '}',
    '!!binary',
  ],
  ...['\n', '\n\n', '\r\n', ' ', '\t', '\0', '__proto__', 'constructor'],
]
const piece = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...WORDS) }, fc.string({ unit: 'binary', maxLength: 8 }))
const SAMPLES = [
  ['accountmanager.accounts", "a"', 'account.a.server", "s"', 'server.s.type", "imap"', 'server.s.hostname", "h"']
    .map(value => `user_pref("mail.${value});\n`)
    .join(''),
  'IMAPAccount a\nHost h\nUser u@x\n\nIMAPStore b\nAccount a\n\nChannel c\nFar :b:\nNear :d:\n',
  'davmail.imapPort=1143\ndavmail.smtpPort=1025\ndavmail.oauth.a@b.refreshToken=x\n',
  '[Profile0]\nName=x\nPath=x.default\n\n[Install0]\nDefault=x.default\n',
  'version: 1\nprofiles:\n  work:\n    email: a@b\n    imap: imap://x\n    keepDays: 3\n',
]
const spoilt = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.array(fc.tuple(fc.nat(300), fc.nat(4), piece), { maxLength: 3 }))
  .map(([sample, changes]) =>
    changes.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), sample),
  )
const text = fc.oneof(
  spoilt,
  fc.array(piece, { maxLength: 60 }).map(parts => parts.join('')),
)

/** Runs a parser, which may refuse a text with an error of its own and in no other way. */
function attempt<Result>(parse: () => Result): Result | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof PosternError && error.code === 'PROFILE_IMPORT_INVALID') return undefined
    throw error
  }
}

function isUsable(findings: Findings): boolean {
  const { accounts } = withValid({ ...findings, accounts: withNames(findings.accounts) })
  const names = new Set(accounts.map(({ name }) => name.toLowerCase()))
  const isValid = accounts.every(({ name, settings }) => {
    const checked = importedSettings.safeParse({ ...settings, email: settings.email ?? 'a@b' })
    return checked.success && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)
  })
  return isValid && names.size === accounts.length
}

t.test('any text gives accounts that a profile can have, or an error of ours', async () => {
  fc.assert(
    fc.property(
      text,
      text =>
        isUsable(findThunderbirdAccounts(parsePreferences(text))) &&
        isUsable(findDavmailAccounts(text)) &&
        isUsable(attempt(() => findMbsyncAccounts(parseMbsync(text))) ?? { accounts: [], leftOut: [] }),
    ),
    { numRuns: 1000 },
  )
})

t.test('any profiles.ini gives a folder, or an error of ours, and any document profiles or one', async () => {
  fc.assert(
    fc.property(text, text => {
      const folder = attempt(() => findProfileFolder(text, '/base'))
      const isInside = folder === undefined || folder.startsWith('/base') || text.includes(`=${folder}`)
      return isInside && (attempt(() => parseProfileDocument(text, 'x')) ?? []).every(({ settings }) => settings.email)
    }),
    { numRuns: 1000 },
  )
})
