// Loaded into each test before anything of tap's. For a coverage that is off here tap hooks into what a test loads, and into
// each process that it starts; what is loaded through hooks is compiled anew every time, a quarter of all that tests cost.
// Without them modules come from the compile cache, and Postern's processes run as they do outside of tests. So `t.mockImport`,
// a hook as well, replaces nothing here.
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

module.registerHooks = () => ({ deregister: () => undefined })
delete process.env.NODE_OPTIONS
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'postern-test-compile-cache')
module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
