import t from 'tap'
import { settingsProblem } from '../../../src/daemon/discovery/settings-problem.ts'
import type { FoundSettings } from '../../../src/daemon/discovery/settings-search.ts'
import { STOPPED, type Verdict } from '../../../src/daemon/discovery/verdict.ts'
import { makeOffer } from '../../../src/discover/offer.ts'

function found(verdict: Verdict): FoundSettings {
  const about = { host: 'imap.example.test', port: 993, users: ['ada'], isUserTold: false, doubt: undefined }
  const offer = makeOffer({ protocol: 'imap', security: 'tls', ...about })
  const report = { source: 'srv', asked: '', outcome: 'offers', code: undefined, says: '', tookMs: 1 } as const
  if (!offer) throw new Error('no offer')
  return {
    email: 'ada@example.test',
    taken: undefined,
    unverified: undefined,
    isDomainKnown: true,
    reports: [],
    offers: [{ report: { ...report, offers: [offer] }, offer, verdict }],
    refused: [],
    tookMs: 1,
  }
}

t.test('a server that was not tried for the account’s sake is not said to be missing', async t => {
  t.match(settingsProblem(found(STOPPED)), {
    code: 'DISCOVER_PASSWORD_REFUSED',
    message: /not tried at imap\.example\.test:993/,
  })
})

t.test('nobody is told to approve another key than the approved one just so', async t => {
  const advice = (code: string) => settingsProblem(found({ kind: 'untrusted', says: '', code }))?.advice
  t.match(advice('TLS_PIN_MISMATCH'), /^Do not go on unless .* confirms the new key: postern cert approve/)
  t.match(advice('TLS_EXPIRED'), /^If you know this server: postern cert approve/)
})
