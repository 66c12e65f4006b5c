import t from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import { bodyLimits, wantedPart } from '../../src/sync/plan/body-limits.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../src/sync/settings.ts'

const NOW = Date.UTC(2026, 5, 15)
const DAY = 86_400_000

function part(
  settings: Partial<SyncSettings>,
  { size = 1000, daysOld = 0, flags = [] as string[], kind = 'mail' as 'mail' | 'file' } = {},
) {
  const limits = bodyLimits({ ...DEFAULT_SYNC_SETTINGS, ...settings }, { kind }, NOW)
  return wantedPart({ size, internalDateMs: NOW - daysOld * DAY, flags: packFlags(flags) }, limits)
}

t.test('by default everything is wanted whole, however large and old', async t => {
  t.equal(part({}, { size: 4e9, daysOld: 20_000 }), 'full')
})

t.test('with headers, nothing is', async t => {
  t.equal(part({ downloadMode: 'headers' }, { size: 1 }), 'header')
})

t.test('with custom, messages up to the threshold are: megabytes have 1,000,000 octets', async t => {
  const custom = { downloadMode: 'custom', downloadThresholdMb: 1.5 } as const
  t.equal(part(custom, { size: 1_500_000 }), 'full')
  t.equal(part(custom, { size: 1_500_001 }), 'header')
  t.equal(
    part({ ...custom, downloadMode: 'full' }, { size: 1_500_001 }),
    'full',
    'the threshold counts with custom only',
  )
})

t.test('keepDays wants the last days whole, and what is flagged', async t => {
  t.equal(part({ keepDays: 30 }, { daysOld: 30 }), 'full')
  t.equal(part({ keepDays: 30 }, { daysOld: 30.1 }), 'header')
  t.equal(part({ keepDays: 30 }, { daysOld: 300, flags: ['\\Flagged'] }), 'full')
  const small = { keepDays: 30, downloadMode: 'custom', downloadThresholdMb: 0.001 } as const
  t.equal(part(small, { daysOld: 300, size: 2000, flags: ['\\Flagged'] }), 'header', 'a flag makes nothing smaller')
})

t.test('metered wants headers only, whatever else is said', async t => {
  t.equal(part({ metered: true }), 'header')
  t.equal(part({ metered: true, downloadFilesFully: true }, { kind: 'file' }), 'header')
})

t.test('downloadFilesFully concerns folders of files alone', async t => {
  const headers = { downloadMode: 'headers', keepDays: 1 } as const
  t.equal(part({ ...headers, downloadFilesFully: true }, { kind: 'file', daysOld: 9 }), 'full')
  t.equal(part({ ...headers, downloadFilesFully: false }, { kind: 'file' }), 'header')
  t.equal(part({ ...headers, downloadFilesFully: true }, { kind: 'mail' }), 'header')
})
