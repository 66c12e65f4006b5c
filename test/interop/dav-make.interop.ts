import t from 'tap'
import { connectTestDav, davOptions } from '../support/dav.ts'
import { DAV_SERVERS } from '../support/dav-servers.ts'

for (const { name, missing, start, ignoresComponents } of DAV_SERVERS.filter(each => !each.name.includes('TLS'))) {
  t.test(`collections are made once, whoever asks again, with ${name}`, { skip: missing() ?? false }, async t => {
    await using server = await start(t.testdir())
    await using dav = connectTestDav(server.url, davOptions(server.user, server.password))
    const before = (await dav.list()).collections.length
    const wanted = [
      { kind: 'calendar', segment: 'postern-1', name: 'Käse & <Wein>', components: ['VEVENT'] },
      { kind: 'calendar', segment: 'postern-2', name: 'To do', components: ['VTODO'] },
      { kind: 'addressbook', segment: 'postern-3', name: 'People', components: [] },
    ] as const
    for (const each of wanted) await dav.create(each)
    for (const each of wanted) await dav.create(each)
    const { collections } = await dav.list()
    t.equal(collections.length, before + wanted.length)
    for (const { kind, segment, name, components } of wanted) {
      const found = collections.find(({ href }) => href.endsWith(`/${segment}/`))
      t.match(found, { kind, name, isReadOnly: false })
      if (!ignoresComponents) t.same(found?.components, components)
    }
  })
}
