// Loaded with --import into the processes of a test: names end up where the scripted DNS server says, for everything that
// connects by a name. Postern itself has no such door.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

const server = process.env.POSTERN_TEST_DNS
const system = dns.lookup

if (server) {
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 })
  resolver.setServers([server])
  dns.lookup = (host, options, callback) => {
    if (!/\.test$|(^|\.)example\.org$/.test(host)) return system(host, options, callback)
    return resolver.resolve4(host, (error, addresses = []) => {
      const found = addresses.map(address => ({ address, family: 4 }))
      if (error) callback(error)
      else if (options.all) callback(null, found)
      else callback(null, found[0]?.address, 4)
    })
  }
  syncBuiltinESMExports() // for who has imported it by its name
}
