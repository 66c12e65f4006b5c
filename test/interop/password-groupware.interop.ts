import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { OtherClient } from '../support/dav.ts'
import { portOf } from '../support/front-server.ts'
import { PosternHome } from '../support/postern.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from '../support/radicale.ts'

const USER = 'ada'
const skip = radicaleMissing() ?? false

t.test('the password of calendars without mail is proved by their server', { skip }, async t => {
  const certificate = await makeServerCertificate(t.testdir())
  process.env.NODE_EXTRA_CA_CERTS = certificate.caFile
  await using radicale = await startRadicale({ users: [USER] })
  await new OtherClient(radicale.url, USER, RADICALE_PASSWORD).makeCalendar(`/${USER}/work/`, 'Work', ['VEVENT'])
  const setPassword = (password: string) => writeFileSync(join(radicale.dir, 'users'), `${USER}:${password}\n`)
  let isHonest = true
  const [cert, key] = [certificate.certFile, certificate.keyFile].map(file => readFileSync(file))
  const server = createServer({ cert, key }, async (request, response) => {
    const form = new URLSearchParams(await text(request))
    if (isHonest) setPassword(String(form.get('newpass')))
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await using home = new PosternHome()
  home.configure()
  await home.start()
  const account = ['--email', 'ada@example.test', '--user', USER, '--groupware-only', '--dav', radicale.url.href]
  await home.json(['profile', 'add', 'work', ...account, '--no-remember-password', '--password-stdin'], 'wrong')

  await t.test('which does not take a wrong one', async t => {
    const unlock = ['profile', 'unlock', 'work', '--password-stdin', '--json']
    t.match((await home.runHere(unlock, 'also wrong')).json(), { error: { code: 'UPSTREAM_SIGN_IN_REFUSED' } })
    t.match(await home.json(unlock, RADICALE_PASSWORD), { proved: true, says: null })
    t.match(await home.json(['sync']), { errors: { length: 0 } })
  })

  await t.test('and a change of it', async t => {
    const url = `https://127.0.0.1:${portOf(server.address())}/change`
    await home.json(['profile', 'set', 'work', 'passwordChangeUrl', url])
    const change = ['profile', 'password', 'work', '--on-server', '--password-stdin', '--json']
    t.match((await home.runHere(change, `${RADICALE_PASSWORD}\nbattery\n`)).json(), { stored: 'password' })
    t.match(await home.json(['sync']), { errors: { length: 0 } })
    isHonest = false
    t.match((await home.runHere(change, 'battery\nstaple\n')).json(), {
      error: { code: 'PROFILE_PASSWORD_UNPROVEN', message: /refused the user name or password/ },
    })
    t.match(await home.json(['sync']), { errors: { length: 0 } }, 'the one of before goes on')
  })
})
