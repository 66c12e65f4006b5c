import t from 'tap'
import { listSettings } from '../src/config/setting-list.ts'
import { settingsTable, tableOfReadme } from './support/settings-table.ts'

t.test('README’s table of settings is that of the schema', async t => {
  t.equal(tableOfReadme(), settingsTable(), 'else run: node test/support/settings-table.ts')
})

t.test('every setting is described, and has a default or none on purpose', async t => {
  for (const { key, describe, values } of listSettings()) {
    t.match(describe, /^[^|]+\.$/, `${key} is described in a sentence`)
    t.not(values, '', `${key} says what it may be`)
  }
  const withoutDefault = listSettings().filter(setting => setting.default === undefined)
  t.same(
    withoutDefault.map(({ key }) => key),
    [
      ...['email', 'user', 'imap', 'dav', 'carddav', 'smtp', 'sieve', 'oauthProvider', 'oauthIssuer', 'oauthClientId'],
      ...['oauthScopes', 'smtpUser', 'aliases', 'proxy', 'passwordChangeUrl', 'pausedUntil', 'policyUrl'],
    ],
  )
})
