import t from 'tap'
import { hasJumped, networkChange, outwardAddresses } from '../../../src/daemon/schedule/disturbance.ts'

const at = (monotonicMs: number, wallMs: number) => ({ monotonicMs, wallMs })
const before = at(1000, 1_700_000_000_000)

t.test('both clocks going on together is nothing', async t => {
  t.notOk(hasJumped(before, at(6000, 1_700_000_005_000), 5000))
  t.notOk(hasJumped(before, at(6000, 1_700_000_015_000), 5000), 'a corrected clock')
  t.notOk(hasJumped(before, at(26_000, 1_700_000_025_000), 5000), 'a busy machine')
})

t.test('a sleep is seen, whether the monotonic clock counts it or not', async t => {
  t.ok(hasJumped(before, at(6000, 1_700_003_600_000), 5000), 'Linux: it stood still')
  t.ok(hasJumped(before, at(3_601_000, 1_700_003_600_000), 5000), 'macOS, Windows: both went on, and no timer ran')
})

t.test('a clock that was set back is seen as well', async t => {
  t.ok(hasJumped(before, at(6000, 1_699_990_000_000), 5000))
})

t.test('only addresses that reach outside count', async t => {
  const address = (address: string, internal = false) => ({ address, internal }) as never // all that is looked at
  const outward = outwardAddresses({
    lo: [address('127.0.0.1', true)],
    eth0: [address('192.0.2.7'), address('fe80::1'), address('2001:db8::7')],
    wlan0: [address('169.254.3.4')],
  })
  t.same([...outward], ['eth0 192.0.2.7', 'eth0 2001:db8::7'])
})

t.test('an address that is gone and one that is new are told apart', async t => {
  const change = (from: string[], to: string[]) => networkChange(new Set(from), new Set(to))
  t.same(change(['a'], ['a']), { isLost: false, isGained: false })
  t.same(change(['a'], ['a', 'b']), { isLost: false, isGained: true })
  t.same(change(['a', 'b'], ['b']), { isLost: true, isGained: false })
  t.same(change(['a'], ['b']), { isLost: true, isGained: true })
})
