import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { startHttps } from '../support/http-server.ts'
import { PosternHome } from '../support/postern.ts'
import { until } from '../support/until.ts'

const EMAIL = 'ada@example.test'
const CHANGE = ['profile', 'password', 'work', '--on-server', '--password-stdin', '--json']

/** What the page does when it is asked: the form, and whether the password that was given is the right one. */
type Page = (form: URLSearchParams, isRight: boolean, response: ServerResponse) => unknown

t.test('a password is changed by a page', { skip: dovecotMissing() ?? false }, async t => {
  const certificate = await makeServerCertificate(t.testdir())
  process.env.NODE_EXTRA_CA_CERTS = certificate.caFile
  await using dovecot = await startDovecot({ users: [EMAIL] })
  const setPassword = (password: string) => dovecot.setPassword(EMAIL, password)
  let page: Page = () => undefined
  const port = await startHttps(t, certificate, async (request, response) => {
    const form = new URLSearchParams(await text(request))
    t.same([request.method, form.get('user')], ['POST', EMAIL])
    await page(form, readFileSync(dovecot.usersFile, 'utf8').includes(`}${form.get('curpass')}:`), response)
  })
  await using home = new PosternHome()
  home.configure()
  const account = ['--email', EMAIL, '--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--password-stdin']
  await setPassword('one')
  await home.json(['profile', 'add', 'work', ...account], 'one')
  const url = `https://127.0.0.1:${port}/%d/change?user=%e`
  await home.json(['profile', 'set', 'work', 'passwordChangeUrl', url])
  const change = async (lines: string) => (await home.run(CHANGE, lines)).json()
  const isGood = async () => (await home.runHere(['sync', '--json'])).code === 0
  const isPending = async () =>
    ((await home.json(['profile', 'show', 'work'])) as { passwordPending: boolean }).passwordPending

  const obedient: Page = async (form, isRight, response) => {
    if (isRight) await setPassword(String(form.get('newpass')))
    response.writeHead(isRight ? 200 : 403).end(isRight ? 'ok' : 'that is not your password\n')
  }

  await t.test('which takes it', async t => {
    page = obedient
    t.match(await change('one\nnumber two & more\n'), { changedAt: /^https:/, stored: 'password' })
    t.ok(await isGood())
  })

  await t.test('which refuses it, in words that are told', async t => {
    page = obedient
    t.match(await change('wrong\nthree\n'), {
      error: { code: 'PROFILE_PASSWORD_REFUSED', message: /403, that is not your password/ },
    })
    t.notOk(await isPending())
  })

  await t.test('which leads elsewhere: the password does not follow', async t => {
    page = (_form, _isRight, response) => response.writeHead(307, { location: url }).end()
    t.match(await change('number two & more\nthree\n'), {
      error: { code: 'PROFILE_PASSWORD_UNPROVEN', message: /HTTP status 307/ },
    })
    t.ok(await isPending())
    t.ok(await isGood(), 'the one of before is still the stored one')
  })

  await t.test('which says no after that: what was pending stays so', async t => {
    page = obedient
    t.match(await change('wrong\nfour\n'), { error: { code: 'PROFILE_PASSWORD_REFUSED' } })
    t.ok(await isPending())
  })

  await t.test('which leads on to another page when it is done', async t => {
    page = async (form, _isRight, response) => {
      await setPassword(String(form.get('newpass')))
      response.writeHead(303, { location: '/done' }).end()
    }
    t.match(await change('number two & more\ntwo and a half\n'), { stored: 'password' })
    t.notOk(await isPending())
  })

  await t.test('which breaks off after it: the sign-in tells', async t => {
    page = async (form, _isRight, response) => {
      await setPassword(String(form.get('newpass')))
      response.destroy()
    }
    t.match(await change('two and a half\nthree\n'), { stored: 'password' })
    t.notOk(await isPending())
    t.ok(await isGood())
  })

  await t.test('which lies: both are kept, and the old one goes on', async t => {
    page = (form, _isRight, response) => response.end(`<html>Welcome, ${form.get('newpass')}</html>`)
    t.match(await change('three\nand four\n'), {
      error: { code: 'PROFILE_PASSWORD_UNPROVEN', message: /Welcome, ….*refused the user name or password/s },
    })
    t.ok(await isPending())
    t.ok(await isGood())
    await setPassword('and four') // it was only late
    t.notOk(await isGood(), 'a run learns that the old one is over')
    t.notOk(await isPending())
    t.ok(await isGood(), 'and the next has the new one')
  })

  await t.test('and Postern is killed before it hears the answer', async t => {
    const daemon = await home.start()
    const killed = Promise.withResolvers<void>()
    page = async form => {
      await setPassword(String(form.get('newpass')))
      void home.killTree(daemon.child).then(killed.resolve)
    }
    const asked = home.run(CHANGE, 'and four\nnumber five\n')
    await killed.promise
    t.match(await asked, { code: 1 })
    await home.start()
    await until('the new password is found', async () => ((await isPending()) ? undefined : true))
    await until('mail', async () => {
      const { profiles } = (await home.json(['status'])) as { profiles: { lastSync: string | null; state: string }[] }
      return profiles[0]?.state === 'ok' ? true : undefined
    })
    t.ok(await isGood())
    const logs = readFileSync(join(home.dir, 'config.yaml'), 'utf8')
    t.notMatch(logs, /number five/)
  })
})
