import fc from 'fast-check'
import t from 'tap'
import { profileSettings } from '../../src/config/profile-settings.ts'
import { FIXABLE_SETTINGS, parsePolicy, withPolicies } from '../../src/profile/policy.ts'

const OWN = profileSettings.parse({ number: 1, email: 'ada@example.test', imap: 'imap://127.0.0.1', pauseMs: 7 })
const INVALID = { code: 'PROFILE_POLICY_INVALID', remedy: 'user' }

t.test('a policy is JSON or YAML', async t => {
  const settings = { downloadMode: 'headers', prioritySyncMinutes: 5 }
  t.same(parsePolicy(JSON.stringify({ version: 1, settings })), settings)
  t.same(parsePolicy('version: 1\nsettings:\n  downloadMode: headers\n  prioritySyncMinutes: 5\n'), settings)
  t.same(parsePolicy('{"version":1,"settings":{}}'), {}, 'what it does not name it does not fix, defaults included')
})

t.test('one thing that is wrong makes all of it count for nothing', async t => {
  for (const [text, says] of [
    ['version: 1\nsettings: { downloadMode: headers, colour: red }', /colour/],
    ['version: 1\nsettings: { prioritySyncMinutes: 0 }', /prioritySyncMinutes/],
    ['version: 1\nsettings: { prioritySyncMinutes: "5" }', /prioritySyncMinutes/],
    ['version: 2\nsettings: {}', /version/],
    ['version: 1\nsettings: {}\nmore: 1', /more/],
    ['version: 1', /settings/],
    ['[1', /./],
    ['<html>Please sign in to the Wi-Fi</html>', /./],
    ['', /./],
    [`version: 1\nsettings: {}\n# ${'x'.repeat(65_536)}`, /65536 octets/],
    ['a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]', /alias/i],
  ] as const) {
    t.throws(() => parsePolicy(text), { ...INVALID, message: says }, text.slice(0, 60))
  }
})

t.test('neither the account nor the source of the policy nor a pause can be fixed', async t => {
  for (const [key, value] of [
    ['email', 'eve@example.test'],
    ['user', 'eve'],
    ['imap', 'imap://192.0.2.6'],
    ['smtp', 'smtp://192.0.2.6'],
    ['smtpAuth', 'none'],
    ['relay', 'spool'],
    ['number', 2],
    ['policyUrl', 'https://192.0.2.6/'],
    ['policyAllowHttp', true],
    ['paused', true],
    ['pausedUntil', '2026-01-01T00:00:00Z'],
  ]) {
    t.throws(
      () => parsePolicy(JSON.stringify({ version: 1, settings: { [String(key)]: value } })),
      INVALID,
      String(key),
    )
  }
  t.ok(FIXABLE_SETTINGS.includes('conflictResolution') && FIXABLE_SETTINGS.includes('showProgress'))
})

t.test('what is fixed lies over the profile’s own, the URL’s over the server’s', async t => {
  const fixed = withPolicies(OWN, [{ pauseMs: 1 }, { pauseMs: 2, metered: true }])
  t.match(fixed, { pauseMs: 1, metered: true, conflictResolution: 'server', email: OWN.email })
  t.same(fixed.fixed, ['metered', 'pauseMs'])
  t.same(withPolicies(OWN, []), { ...OWN, fixed: [] })
})

t.test('any text gives a policy or the one failure', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant('version: 1\nsettings:\n  ').chain(head => fc.string().map(tail => head + tail)),
  )
  const property = fc.property(text, given => {
    try {
      return typeof parsePolicy(given) === 'object'
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === INVALID.code
    }
  })
  fc.assert(property, { numRuns: 1000, seed: 5 })
})
