import process from 'node:process'
import { ModelAccount } from './model-account.ts'
import { dumpFixture, FIXTURE, liveForFixture } from './store-fixture.ts'

// Run by hand when a schema is frozen, and never again for that schema: node test/support/make-store-fixture.ts
using account = new ModelAccount()
await liveForFixture(account)
dumpFixture(account, FIXTURE)
process.stdout.write(`${FIXTURE}\n`)
