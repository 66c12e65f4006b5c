import t from 'tap'
import { profileSettings } from '../../src/config/profile-settings.ts'
import { parseUpstreamUrl } from '../../src/config/upstream-url.ts'

const ACCOUNT = { number: 1, email: 'ada@example.test', imap: 'imaps://imap.example.test' }
const isValid = (settings: object) => profileSettings.safeParse({ ...ACCOUNT, ...settings }).success

t.test('a profile that names nothing but its account has the defaults of the modelled product', async t => {
  t.match(profileSettings.parse(ACCOUNT), {
    fullSyncThreshold: 1024,
    prioritySyncMinutes: 1,
    standardSyncMinutes: 30,
    useOutlookSettings: false,
    syncAfterChange: true,
    showProgress: true,
    showLoginErrors: true,
    showConnectionErrors: true,
  })
})

t.test('intervals are whole minutes, from one to a day; address books not more often than hourly', async t => {
  for (const key of ['prioritySyncMinutes', 'standardSyncMinutes', 'structureSyncMinutes']) {
    for (const value of [1, 1440]) t.ok(isValid({ [key]: value }), `${key} ${value}`)
    for (const value of [0, -1, 1.5, 1441, '5', null]) t.notOk(isValid({ [key]: value }), `${key} ${value}`)
  }
  for (const value of [60, 1440]) t.ok(isValid({ addressBookMinutes: value }))
  for (const value of [1, 59, 1441]) t.notOk(isValid({ addressBookMinutes: value }))
})

t.test('what is no setting, no time and no URL of a policy is refused', async t => {
  t.notOk(isValid({ colour: 'red' }))
  t.ok(isValid({ pausedUntil: '2026-03-01T08:00:00Z' }))
  for (const pausedUntil of ['tomorrow', '2026-03-01', 5]) t.notOk(isValid({ pausedUntil }))
  t.ok(isValid({ policyUrl: 'https://policy.example.test/mail.yaml' }))
  for (const policyUrl of ['ftp://x/', 'file:///etc/passwd', 'policy.json']) t.notOk(isValid({ policyUrl }))
  t.notOk(isValid({ automaticFolders: [''] }))
  t.notOk(isValid({ priorityFolders: 'INBOX' }))
})

t.test('a ManageSieve server is asked for STARTTLS unless its URL says otherwise', async t => {
  for (const [url, security] of Object.entries({
    'sieve://mail.example.test': 'starttls',
    'sieve+starttls://mail.example.test': 'starttls',
    'sieves://mail.example.test': 'tls',
    'sieve+cleartext://mail.example.test': 'none',
  })) {
    t.ok(isValid({ sieve: url }))
    t.match(parseUpstreamUrl(url), { protocol: 'sieve', security, port: 4190 }, url)
  }
  for (const sieve of ['imap://x', 'sieve+tls://x', 'sieve://u:p@x', 'sieve://x/script', 'sieve:x']) {
    t.notOk(isValid({ sieve }), sieve)
  }
  t.notOk(isValid({ imap: 'sieve://x' }))
})
