#!/usr/bin/env node
// The launcher. It must run on any Node from 14 on, so it uses nothing newer. On a Node that is new enough it hands over
// to the program in this process; on an older one it starts the Node installed beside us (a dependency of the checkout),
// or says which version is needed and how to get it.
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import module from 'module'
import { fileURLToPath } from 'url'

const NEEDED_MAJOR = 24 // node:sqlite without a flag, type stripping
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

const root = fileURLToPath(new URL('..', import.meta.url))
const major = Number(process.versions.node.split('.')[0])

if (major >= NEEDED_MAJOR) {
  runHere()
} else {
  runOnLocalNode()
}

function runHere() {
  if (module.enableCompileCache) {
    module.enableCompileCache()
    // Our own child processes find compiled code by it.
    process.env.NODE_COMPILE_CACHE = module.getCompileCacheDir()
  }
  // The child of an older Node's launcher must not outlive it.
  if (process.connected && process.env.POSTERN_LAUNCHED === '1') {
    delete process.env.POSTERN_LAUNCHED
    process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
    process.channel.unref()
  }
  // A checkout runs its source; an installed package runs what was built, since Node strips no types in node_modules.
  const source = new URL('../src/main.ts', import.meta.url)
  const entry = existsSync(fileURLToPath(source)) ? source : new URL('../dist/main.js', import.meta.url)
  import(entry.href)
}

function runOnLocalNode() {
  const windows = process.platform === 'win32'
  const node = [
    `${root}node_modules/node/bin/node${windows ? '.exe' : ''}`,
    `${root}../node/bin/node${windows ? '.exe' : ''}`,
  ].find(path => existsSync(path))
  if (!node) {
    process.stderr.write(
      `postern: Node.js ${NEEDED_MAJOR} or newer is needed, this is ${process.versions.node}.\n` +
        '  Install it from https://nodejs.org, or run `npm ci` in the checkout, which brings a copy of its own.\n',
    )
    process.exit(1)
  }
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, POSTERN_LAUNCHED: '1' },
  })
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    process.stderr.write(`postern: ${node} could not be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code === null ? 1 : code)
    for (const forwarded of FORWARDED_SIGNALS) process.removeAllListeners(forwarded)
    process.kill(process.pid, signal)
  })
}
