import fc from 'fast-check'
import t from 'tap'
import { InstallationDefaults } from '../../src/config/installation-defaults.ts'
import { parseUpstreamUrl } from '../../src/config/upstream-url.ts'

const FILE = `# for everybody at example.org
version: 1
domains: [example.org, bücher.example]
upstreams:
  imap: imaps://imap.%d
  smtp: smtp+starttls://%u.smtp.example.org:587
  sieve: sieve://imap.%d
  user: "%u%%%d"
policyUrl: https://policy.example.org/postern.yaml
passwordChangeUrl: ldaps://ldap.%d/uid=%u,dc=example
ports: { pop3: 6110 }
`
const parse = (text: string) => InstallationDefaults.parse(text, 'set-up.yaml')
const complaintOf = (text: string) => {
  try {
    parse(text)
    return undefined
  } catch (error) {
    return error as { code: string; message: string }
  }
}

t.test('templates give the servers of an address, for the domains that are named', async t => {
  const defaults = parse(FILE)
  t.same(defaults.upstreamsFor('Ada@Example.org'), {
    imap: 'imaps://imap.example.org',
    smtp: 'smtp+starttls://Ada.smtp.example.org:587',
    sieve: 'sieve://imap.example.org',
    user: 'Ada%Example.org',
  })
  t.match(defaults.upstreamsFor('ada@BÜCHER.example'), { imap: 'imaps://imap.xn--bcher-kva.example' })
  t.equal(defaults.upstreamsFor('ada@other.example'), undefined)
  t.equal(defaults.upstreamsFor('no address'), undefined)
  t.equal(InstallationDefaults.none.upstreamsFor('ada@example.org'), undefined)
  const policyUrl = 'https://policy.example.org/postern.yaml'
  const passwordChangeUrl = 'ldaps://ldap.%d/uid=%u,dc=example'
  t.same(defaults.settingsFor('ada@example.org'), { policyUrl, passwordChangeUrl })
  t.same(defaults.settingsFor('ada@other.example'), { policyUrl }, 'no password goes to whose domain it is not')
  t.same(defaults.config, { fronts: { pop3: { port: 6110 } } })
})

t.test('the file may be JSON', async t => {
  const defaults = parse('{"version": 1,\n\t"upstreams": {"imap": "imaps://mail.example.org", "user": "%u"}}')
  t.same(defaults.upstreamsFor('ada@example.org'), { imap: 'imaps://mail.example.org', user: 'ada' })
})

t.test('every mistake is told with its line', async t => {
  const complaint = complaintOf(FILE.replace('imaps://imap.%d', 'imaps://imap.%x').replace('6110', '66110'))
  t.match(complaint, { code: 'CONFIG_DEFAULTS_INVALID', message: /^set-up\.yaml is not valid/ })
  t.match(complaint?.message, /line 5: upstreams\.imap: may have %e/)
  t.match(complaint?.message, /line 11: ports/)
  t.match(complaintOf(`${FILE}upstream: no\n`)?.message, /line 12: upstream: Unrecognized key/)
  t.match(complaintOf('version: 1\nports: [\n')?.message, /line 3: /)
  t.match(complaintOf('version: 2\n')?.message, /line 1: version/)
  t.match(complaintOf('')?.message, /version/)
  t.match(complaintOf('version: 1\nlog: *gone\n')?.message, /gone/)
  t.match(complaintOf('version: 1\npolicyUrl: http://policy.example.org/\n')?.message, /line 2: policyUrl: .*https/)
  t.match(
    complaintOf('version: 1\npolicyUrl: https://ada:secret@policy.example.org/\n')?.message,
    /line 2: policyUrl: .*no user/,
  )
  t.match(
    complaintOf('version: 1\nupstreams: { imap: "imaps://%e" }\n')?.message,
    /line 2: upstreams\.imap: must become/,
  )
})

t.test('whatever an address is, the servers are of the template’s kind, or it is refused', async t => {
  const defaults = parse('version: 1\nupstreams: { imap: "imaps://%u.example.org:993" }\n')
  const address = fc.tuple(fc.string({ unit: 'binary' }), fc.domain()).map(([user, domain]) => `${user}@${domain}`)
  fc.assert(
    fc.property(address, email => {
      try {
        const found = defaults.upstreamsFor(email)
        if (found === undefined) return
        const { protocol, security, host, port } = parseUpstreamUrl(found.imap) ?? {}
        t.match({ protocol, security, port }, { protocol: 'imap', security: 'tls', port: 993 })
        if (!host?.endsWith('.example.org')) t.fail(`${email} leads to ${host}`)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'CONFIG_TEMPLATE_UNFIT')) throw error
      }
    }),
  )
  t.throws(() => defaults.upstreamsFor('evil.test/x@example.org'), { code: 'CONFIG_TEMPLATE_UNFIT' })
})

t.test('an installation for all users gives each ports of their own, unless it names some', async t => {
  const forAll = (text: string) => InstallationDefaults.parse(text, 'defaults.yaml', true).hasPortsPerUser
  t.equal(forAll('version: 1\n'), true)
  t.equal(forAll('version: 1\nports: { imap: 1143 }\n'), false)
  t.equal(parse('version: 1\n').hasPortsPerUser, false)
  t.equal(parse('version: 1\nports: per-user\n').hasPortsPerUser, true)
})
