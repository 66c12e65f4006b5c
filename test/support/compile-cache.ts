import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

// As the launcher does: else each process that a test starts compiles all of its modules anew, which is most of its time.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'postern-test-compile-cache')
