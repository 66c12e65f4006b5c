import fc from 'fast-check'
import t from 'tap'
import { normalEtag, writtenEtag } from '../../src/upstream/dav/etag.ts'
import { normalPath, placeOf } from '../../src/upstream/dav/href.ts'

const COLLECTION = new URL('https://dav.example.test/cal/ada/work/')
const member = (name: string) => ({ kind: 'member', href: `/cal/ada/work/${name}` })

const PLACES: readonly (readonly [href: string, place: object])[] = [
  ['/cal/ada/work/a.ics', member('a.ics')],
  ['https://dav.example.test/cal/ada/work/a.ics', member('a.ics')],
  ['http://dav.example.test/cal/ada/work/a.ics', member('a.ics')], // behind a proxy that does the TLS
  ['//dav.example.test/cal/ada/work/a.ics', member('a.ics')],
  ['a.ics', member('a.ics')],
  ['/cal/ada/work/without-a-suffix', member('without-a-suffix')],
  ['/cal/ada/work/a%20b.ics', member('a%20b.ics')],
  ['/cal/ada/work/a b.ics', member('a%20b.ics')],
  ['/%63al/ada/work/%61.ics', member('a.ics')],
  ['/cal/ada/work/a%2fb.ics', member('a%2Fb.ics')],
  ['/cal/ada/work/%e4.ics', member('%E4.ics')], // no UTF-8
  ['/cal/ada/work/%C3%A4@x.ics', member('%C3%A4%40x.ics')],
  ['/cal/ada/work/ä%40x.ics', member('%C3%A4%40x.ics')],
  ['/cal/ada/work/a.ics?x=1#y', member('a.ics')],
  ['/cal/ada/work/', { kind: 'self' }],
  ['/cal/ada/work', { kind: 'self' }],
  ['', { kind: 'self' }],
  ['/cal/ada/work/sub/', { kind: 'collection' }],
  ['/cal/ada/work/sub/a.ics', { kind: 'foreign' }],
  ['/cal/ada/work/../home/a.ics', { kind: 'foreign' }],
  ['/cal/ada/work/%2e%2e/home/a.ics', { kind: 'foreign' }],
  ['/cal/ada/work/..\\home\\a.ics', { kind: 'foreign' }],
  ['/cal/ada/works/a.ics', { kind: 'foreign' }],
  ['/CAL/ada/work/a.ics', { kind: 'foreign' }],
  ['https://evil.example/cal/ada/work/a.ics', { kind: 'foreign' }],
  ['https://dav.example.test:8443/cal/ada/work/a.ics', { kind: 'foreign' }],
  ['//evil.example/cal/ada/work/a.ics', { kind: 'foreign' }],
  ['https://dav.example.test@evil.example/cal/ada/work/a.ics', { kind: 'foreign' }],
  ['javascript:alert(1)', { kind: 'foreign' }],
  ['file:///cal/ada/work/a.ics', { kind: 'foreign' }],
  ['http://[', { kind: 'foreign' }],
]

t.test('an href is a member of its collection, or it is not', async t => {
  for (const [href, place] of PLACES) t.strictSame(placeOf(href, COLLECTION), place, href)
})

t.test('a path that was written in one way stays as it is', async () => {
  fc.assert(fc.property(fc.webPath(), path => normalPath(normalPath(path)) === normalPath(path)))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), href => {
      const place = placeOf(href, COLLECTION)
      if (place.kind !== 'member') return true
      const again = placeOf(place.href, COLLECTION)
      return again.kind === 'member' && again.href === place.href && place.href.startsWith('/cal/ada/work/')
    }),
  )
})

t.test('an ETag is opaque, and in quotes', async t => {
  const etags = { '"a"': '"a"', 'W/"a"': '"a"', a: '"a"', ' "a" ': '"a"', '"a"-gzip': '"a-gzip"', '""': '""' }
  for (const [text, etag] of Object.entries(etags)) t.equal(normalEtag(text), etag, text)
  for (const text of ['', '  ', undefined]) t.equal(normalEtag(text), undefined)
  t.equal(writtenEtag('W/"a"'), undefined, 'what was stored may differ from what was sent')
  t.equal(writtenEtag('"a"'), '"a"')
})
