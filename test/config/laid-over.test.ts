import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigFile } from '../../src/config/config-file.ts'
import { InstallationDefaults } from '../../src/config/installation-defaults.ts'

t.test('what the administrator has set counts until somebody sets it here, and is not copied', async t => {
  const file = join(t.testdir({ 'config.yaml': 'fronts: { pop3: { greeting: immediate } }\n' }), 'config.yaml')
  const set = (text: string) => ConfigFile.open(file, InstallationDefaults.parse(text, 'defaults.yaml'))
  const config = await set('version: 1\nports: { pop3: 6110, imap: 6143 }\nlog: { level: debug }\n')
  t.match(config.config.fronts, {
    pop3: { port: 6110, greeting: 'immediate' },
    imap: { port: 6143 },
    smtp: { port: 5587 },
  })
  t.equal(config.get('log.level'), 'debug')
  await config.set('fronts.imap.port', '7143')
  t.match(config.config, { fronts: { pop3: { port: 6110 }, imap: { port: 7143 } }, log: { level: 'debug' } })
  t.notMatch(readFileSync(file, 'utf8'), /6110|6143|debug/)
  t.equal((await set('version: 1\nports: { pop3: 8110, imap: 8143 }\n')).config.fronts.pop3.port, 8110)
  t.equal((await set('version: 1\n')).config.fronts.imap.port, 7143)
})
