import t from 'tap'
import { serve } from '../support/smtp-backend.ts'
import { DELIVERIES, play } from '../support/transcript.ts'
import { TRANSCRIPTS } from './transcripts.ts'

// RFC 2920: replies never depend on how the client segments its commands.
for (const [says, session] of Object.entries(TRANSCRIPTS))
  for (const delivery of DELIVERIES)
    t.test(`${says}, ${delivery}`, async t => {
      t.equal(await play(connection => serve(connection), session, delivery), session)
    })
