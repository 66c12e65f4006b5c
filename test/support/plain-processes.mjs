// Loaded into each test before anything of tap's. For a coverage that is off here tap reads whatever a test and all of its
// children load, which then is compiled anew, in each of a thousand processes: a third of all the time. Without its hooks they
// find what another one has compiled, as the launcher's users do, and children run as they do outside of tests.
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

module.registerHooks = () => ({ deregister: () => undefined })
delete process.env.NODE_OPTIONS
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'postern-test-compile-cache')
module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
