import { someAccount } from '../support/imap/front.ts'
import { testTranscripts } from '../support/imap/transcripts.ts'

function makeAccount() {
  const account = someAccount()
  account.storageQuota = { usage: 1_000_000, limit: 10_485_760 }
  return account
}

// Units are 1024 octets, and what is begun counts as used (RFC 9208 section 5.1).
testTranscripts(
  {
    'all mailboxes have one quota': `<signed in>
C: a GETQUOTAROOT Sent
S: * QUOTAROOT "Sent" ""
S: * QUOTA "" (STORAGE 977 10240)
S: a OK that is the quota
C: b GETQUOTA ""
S: * QUOTA "" (STORAGE 977 10240)
S: b OK that is the quota
C: c GETQUOTA other
S: c NO [NONEXISTENT] there is no such quota root
<bye>`,
  },
  { makeAccount },
)
