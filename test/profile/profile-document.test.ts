import t from 'tap'
import { exportedSettings } from '../../src/profile/transfer/exported-settings.ts'
import {
  makeProfileDocument,
  parseProfileDocument,
  profileDocumentYaml,
} from '../../src/profile/transfer/profile-document.ts'

const SETTINGS = {
  email: 'ada@example.org',
  imap: 'imaps://imap.example.org',
  automaticFolders: ['*', '!Spam'],
  keepDays: 30,
}
const INVALID = { code: 'PROFILE_IMPORT_INVALID', remedy: 'user' }

t.test('what is exported is read back, from YAML and from JSON, without defaults', async t => {
  const document = makeProfileDocument({ work: SETTINGS, home: { ...SETTINGS, user: 'yes' } })
  const back = [
    { name: 'work', settings: SETTINGS },
    { name: 'home', settings: { ...SETTINGS, user: 'yes' } },
  ]
  t.same(parseProfileDocument(profileDocumentYaml(document), 'x.yaml'), back)
  t.same(parseProfileDocument(JSON.stringify(document), 'x.json'), back)
})

t.test('a text comes back whatever is in it', async t => {
  // Spread over several lines, yaml 2.9.1 gives back a backslash.
  const user = `${'a'.repeat(90)}\n \nb: #\t\r"${'c '.repeat(50)}`
  const settings = { ...SETTINGS, user, automaticFolders: [user] }
  t.same(parseProfileDocument(profileDocumentYaml(makeProfileDocument({ work: settings })), 'x'), [
    { name: 'work', settings },
  ])
})

t.test('a number, a pause and a URL with a password stay behind', async t => {
  const own = {
    ...SETTINGS,
    number: 7,
    paused: true,
    pausedUntil: '2030-01-01T00:00:00Z',
    policyUrl: 'https://u:p@x/y',
  }
  t.match(exportedSettings('work', own), { leftOut: [{ profile: 'work', key: 'policyUrl', why: /password/ }] })
  t.same(exportedSettings('work', own).settings, SETTINGS)
  t.same(exportedSettings('work', { policyUrl: 'https://x/y' }).settings, { policyUrl: 'https://x/y' })
})

t.test('a mistake is told with its line', async t => {
  const valid = [
    'version: 1',
    'profiles:',
    '  work:',
    '    email: ada@example.org',
    '    imap: imaps://imap.example.org',
  ]
  const withLine = (number: number, line: string) => valid.with(number - 1, line).join('\n')
  for (const [text, message] of [
    [withLine(1, 'version: 2'), /version: must be 1.*\(line 1\)/],
    [withLine(5, '    imap: https://imap.example.org'), /profiles\.work\.imap: must look like.*\(line 5\)/],
    [
      withLine(4, '    mail: x'),
      /profiles\.work\.email: .*\(line 3\)[\s\S]*profiles\.work\.mail: is not known \(line 4\)/,
    ],
    [withLine(3, '  ../evil:'), /\.\.\/evil: must be 1 to 63 letters.*\(line 3\)/],
    [withLine(3, '  __proto__:'), /profiles\.__proto__: is no name/],
    [`${valid.join('\n')}\n    password: very-secret`, /work\.password: has no place here.*\(line 6\)/],
    [`${valid.join('\n')}\n    number: 3`, /work\.number: is not known \(line 6\)/],
    [`${valid.join('\n')}\n  work: {}`, /work stands twice \(line 6\)/],
    ['version: 1\nprofiles: &a [*a]', /Alias/],
    ['[', /line 1/],
    ['', /the document: /],
    ['version: 1\nprofiles: 3', /profiles: .*\(line 2\)/],
    ['--- 1\n--- 2\n', /multiple documents/],
  ] as const) {
    t.throws(() => parseProfileDocument(text, 'x.yaml'), { ...INVALID, message }, JSON.stringify(text))
  }
  t.throws(() => parseProfileDocument(withLine(4, '    password: very-secret'), 'x'), {
    message: /^(?![\s\S]*very-secret)/,
  })
})

t.test('a hostile document fills no memory', async t => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nversion: 1\nprofiles: [*b,*b,*b]`
  t.throws(() => parseProfileDocument(bomb, 'x'), INVALID)
  t.throws(() => parseProfileDocument('['.repeat(5000), 'x'), INVALID)
  const keys = Array.from({ length: 10_000 }, (_, n) => `k${n}: 1`).join('\n')
  t.throws(() => parseProfileDocument(keys, 'x'), { ...INVALID, message: /k9: is not known \(line 10\)(?![\s\S]*k10)/ })
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`p${n}`, SETTINGS]))
  t.throws(() => parseProfileDocument(JSON.stringify(makeProfileDocument(many)), 'x'), { message: /at most/ })
})
