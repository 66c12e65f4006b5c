import t from 'tap'
import { isPlainTextHost } from '../../src/config/plain-text-host.ts'
import { isLoopback } from '../../src/net/loopback.ts'

t.test('what settings may name for plain text is this machine for whoever connects', async t => {
  for (const host of ['localhost', 'LocalHost', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) {
    t.ok(isPlainTextHost(host), host)
    t.ok(isLoopback(host), host)
  }
  for (const host of [
    '',
    'localhost.example',
    '127.example',
    '127.0.0.1.example',
    '127.1',
    '128.0.0.1',
    '::2',
    '0.0.0.0',
  ]) {
    t.notOk(isPlainTextHost(host), host)
  }
})
