import { hash } from 'node:crypto'
import t, { type Test } from 'tap'
import { type TrialTools, trySignIn } from '../../../src/daemon/discovery/sign-in-trial.ts'
import { makeDavOffer } from '../../../src/discover/offer.ts'
import { makeInternet, type Page, type PageRequest } from '../../support/discover-world.ts'
import { holds } from '../../support/scripted-servers.ts'

const PASSWORD = 'correct horse'
const WANTS = { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }

for (const [says, after, code] of [
  ['that the password is wrong', WANTS, 'UPSTREAM_SIGN_IN_REFUSED'],
  ['no', { status: 403 }, 'UPSTREAM_SIGN_IN_REFUSED'],
  ['that it is broken', { status: 500 }, 'UPSTREAM_SIGN_IN_UNAVAILABLE'],
  ['that it is somewhere else', { status: 302, headers: { location: '/x' } }, 'UPSTREAM_SIGN_IN_UNAVAILABLE'],
] as const) {
  t.test(`a calendar server says ${says}`, async t => {
    const answers = [WANTS, after]
    await t.rejects(
      signIn({ t, pages: { 'https://dav.example.test/': () => answers.shift() } }).then(({ done }) => done),
      {
        code,
      },
    )
  })
}

t.test('a calendar server that takes a digest alone is signed in to by one', async t => {
  const wants = { status: 401, headers: { 'www-authenticate': 'Digest realm="x y", nonce="n1", qop="auth,auth-int"' } }
  const isRight = ({ method, authorization }: PageRequest) => {
    const [cnonce, nc, uri] = ['cnonce', 'nc', 'uri'].map(
      name => new RegExp(`\\b${name}="?([^",]*)`).exec(authorization)?.[1],
    )
    const [a1, a2] = [`ada:x y:${PASSWORD}`, `${method}:${uri}`].map(md5)
    return uri === '/' && authorization.includes(`response="${md5(`${a1}:n1:${nc}:${cnonce}:auth:${a2}`)}"`)
  }
  const page = (request: PageRequest) => (isRight(request) ? { status: 207, body: '<x/>' } : wants)
  const { done, captured } = await signIn({ t, pages: { 'https://dav.example.test/': page } })
  await t.resolves(done)
  t.notOk(captured.some(({ text }) => holds(text, PASSWORD)))
})

t.test('a calendar server elsewhere gets no password, and that is what is told', async t => {
  const { done, captured } = await signIn({
    t,
    pages: {
      'https://dav.example.test/': { status: 301, headers: { location: 'https://dav.provider.test/' } },
      'https://dav.provider.test/': WANTS,
    },
  })
  await t.rejects(done, {
    code: 'DISCOVER_REDIRECT_REFUSED',
    message: /leads to dav\.provider\.test, and the password was/,
  })
  t.ok(captured.length > 0)
  t.notOk(captured.some(({ text }) => holds(text, PASSWORD)))
})

function md5(text: string): string {
  return hash('md5', text)
}

async function signIn({ t: test, pages }: { t: Test; pages: Readonly<Record<string, Page>> }) {
  const place = { A: ['8.8.4.4'] }
  const zone = { 'example.test': place, 'dav.example.test': place, 'dav.provider.test': place }
  const { reach, captured } = await makeInternet(test, { zone, pages })
  const about = { protocol: 'caldav', users: ['ada'], isUserTold: false, doubt: undefined } as const
  const offer = makeDavOffer('https://dav.example.test/', about)
  if (!offer) throw new Error('no offer')
  const tools = { reach: reach('example.test'), signal: new AbortController().signal } as unknown as TrialTools // as DAV needs
  return { done: trySignIn(offer, { user: 'ada', password: PASSWORD }, tools), captured }
}
