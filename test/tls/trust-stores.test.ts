import t from 'tap'
import { findNssDatabases, nssDatabaseAt } from '../../src/tls/ca/nss-databases.ts'
import { type TrustOptions, trustCommands } from '../../src/tls/ca/trust-stores.ts'

const base: TrustOptions = {
  store: 'system',
  certificateFile: '/c/ca.pem',
  serialNumber: '4F01',
  sha256: 'abcd',
  nssDatabases: [
    { dir: '/a', exists: true },
    { dir: '/b c', exists: true },
  ],
  platform: 'linux',
  isRoot: true,
  hasUpdateCaCertificates: true,
}

const DEBIAN = '/usr/local/share/ca-certificates/postern-local-ca.crt'
const KEYCHAIN = '/Library/Keychains/System.keychain'
const ADD_NSS = [
  'certutil -A -d sql:/a -n Postern local CA -t C,, -i /c/ca.pem',
  'certutil -A -d sql:/b c -n Postern local CA -t C,, -i /c/ca.pem',
]

const cases: Record<
  string,
  readonly [Partial<TrustOptions>, install: readonly string[], uninstall: readonly string[]]
> = {
  'Debian, for all users': [
    {},
    [`install -m 644 /c/ca.pem ${DEBIAN}`, 'update-ca-certificates'],
    [`rm -f ${DEBIAN}`, 'update-ca-certificates --fresh'],
  ],
  'Debian, by a user': [
    { isRoot: false },
    [`sudo install -m 644 /c/ca.pem ${DEBIAN}`, 'sudo update-ca-certificates'],
    [`sudo rm -f ${DEBIAN}`, 'sudo update-ca-certificates --fresh'],
  ],
  'other Linux systems': [
    { hasUpdateCaCertificates: false },
    ['trust anchor --store /c/ca.pem'],
    ['trust anchor --remove /c/ca.pem'],
  ],
  'one user of Linux': [
    { store: 'user', isRoot: false },
    ADD_NSS,
    ['certutil -D -d sql:/a -n Postern local CA', 'certutil -D -d sql:/b c -n Postern local CA'],
  ],
  'NSS anywhere': [
    { store: 'nss', platform: 'darwin', nssDatabases: [{ dir: '/a', exists: true }] },
    ADD_NSS.slice(0, 1),
    ['certutil -D -d sql:/a -n Postern local CA'],
  ],
  'a user without an NSS database': [
    { store: 'user', nssDatabases: [{ dir: '/a', exists: false }] },
    ['mkdir -p -m 700 /a', 'certutil -N --empty-password -d sql:/a', ...ADD_NSS.slice(0, 1)],
    [],
  ],
  'one user of Windows': [
    { store: 'user', platform: 'win32' },
    ['certutil -user -addstore Root /c/ca.pem'],
    ['certutil -user -delstore Root 4F01'],
  ],
  'all users of Windows': [
    { platform: 'win32' },
    ['certutil -addstore Root /c/ca.pem'],
    ['certutil -delstore Root 4F01'],
  ],
  'one user of macOS': [
    { store: 'user', platform: 'darwin' },
    ['security add-trusted-cert -r trustRoot -p ssl /c/ca.pem'],
    ['security remove-trusted-cert /c/ca.pem', 'security delete-certificate -Z ABCD'],
  ],
  'all users of macOS': [
    { platform: 'darwin' },
    [`security add-trusted-cert -d -r trustRoot -p ssl -k ${KEYCHAIN} /c/ca.pem`],
    ['security remove-trusted-cert -d /c/ca.pem', `security delete-certificate -Z ABCD ${KEYCHAIN}`],
  ],
}

for (const [name, [options, install, uninstall]] of Object.entries(cases)) {
  t.test(`the CA becomes known, and unknown again, to ${name}`, async t => {
    const lines = (change: 'install' | 'uninstall') =>
      trustCommands(change, { ...base, ...options }).map(({ argv }) => argv.join(' '))
    t.same(lines('install'), install)
    t.same(lines('uninstall'), uninstall)
  })
}

t.test('the databases of browsers and mail programs are found', async t => {
  const home = t.testdir({
    '.pki': { nssdb: { 'cert9.db': '' } },
    '.mozilla': { firefox: { 'x.default': { 'cert9.db': '' }, 'y.empty': {} } },
    '.thunderbird': { 'z.default': { 'cert9.db': '' } },
  })
  t.same(
    (await findNssDatabases(home)).map(({ dir }) => dir.slice(home.length + 1)),
    ['.mozilla/firefox/x.default', '.pki/nssdb', '.thunderbird/z.default'],
  )
  t.same(nssDatabaseAt(`${home}/.pki/nssdb`).exists, true)
})

t.test('where there is no database, the shared one is to be made', async t => {
  const home = t.testdir({})
  t.same(await findNssDatabases(home), [{ dir: `${home}/.pki/nssdb`, exists: false }])
  t.equal(nssDatabaseAt(home).exists, false)
})
