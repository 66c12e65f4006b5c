import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

const SRC = resolve(import.meta.dirname, '../src')

// The import rule: what each folder of src/ may import besides itself and errors.ts. Absent means forbidden.
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  formats: [],
  net: [],
  config: [],
  sasl: [],
  log: ['config'],
  tls: ['net', 'log', 'config'],
  rules: ['formats'],
  store: ['formats', 'log'],
  profile: ['config', 'log', 'store'],
  discover: ['net', 'log'],
  sync: ['store', 'formats', 'rules', 'log'],
  upstream: ['sync', 'formats', 'sasl', 'net', 'tls', 'log'],
  pop3: ['net', 'sasl', 'formats', 'log'],
  smtp: ['net', 'sasl', 'formats', 'log'],
  imap: ['formats', 'sasl', 'net', 'store', 'log'],
  dav: ['formats', 'sasl', 'net', 'store', 'log'],
  outlook: ['formats', 'store', 'log'],
  web: ['formats', 'log'],
  install: ['config'],
  daemon: [
    'formats',
    'net',
    'config',
    'sasl',
    'log',
    'tls',
    'rules',
    'store',
    'profile',
    'discover',
    'sync',
    'upstream',
    'pop3',
    'smtp',
    'imap',
    'dav',
    'outlook',
    'web',
  ],
  cli: ['daemon', 'config', 'log', 'profile', 'tls', 'install'],
  'main.ts': ['cli'],
  'errors.ts': [],
}

// Inside formats the same holds one level down.
const ALLOWED_FORMATS: Readonly<Record<string, readonly string[]>> = {
  imap: ['mail'],
  mail: [],
  smtp: [],
  groupware: ['mail'],
  mapi: ['mail', 'groupware'],
}

const IMPORT = /(?:from|import\()\s*'(\.{1,2}\/[^']+)'|^import\s+'(\.{1,2}\/[^']+)'/gm

interface Import {
  readonly file: string
  readonly from: string
  readonly to: string
}

const files = globSync('**/*.ts', { cwd: SRC }).sort()

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(IMPORT)].map(match => {
    const target = relative(SRC, resolve(SRC, dirname(file), match[1] ?? match[2] ?? ''))
    return { file, from: file, to: target }
  })
}

const part = (path: string) => path.split('/')[0] ?? path

t.test('every folder of src stands in the table', async t => {
  for (const file of files) t.ok(part(file) in ALLOWED, `${file} is in a folder that the table knows`)
})

t.test('no folder imports what the table does not allow', async t => {
  for (const { file, to } of files.flatMap(importsOf)) {
    const [own, other] = [part(file), part(to)]
    if (own === other || other === 'errors.ts') continue
    t.ok(ALLOWED[own]?.includes(other), `${file} may import ${to}`)
  }
})

t.test('inside formats, only the named parts know each other', async t => {
  const inner = (path: string) => path.split('/')[1] ?? ''
  for (const { file, to } of files.filter(file => part(file) === 'formats').flatMap(importsOf)) {
    if (part(to) !== 'formats' || inner(file) === inner(to) || inner(to) === 'errors.ts') continue
    t.ok(ALLOWED_FORMATS[inner(file)]?.includes(inner(to)), `${file} may import ${to}`)
  }
})

t.test('only the command line prints', async t => {
  for (const file of files.filter(file => part(file) !== 'cli')) {
    const text = readFileSync(join(SRC, file), 'utf8')
    t.notMatch(text, /\bconsole\.|process\.stdout|process\.stderr/, `${file} prints nothing`)
  }
})

t.test('only src/config reads the environment', async t => {
  for (const file of files.filter(file => part(file) !== 'config')) {
    t.notMatch(readFileSync(join(SRC, file), 'utf8'), /process\.env\b/, `${file} reads no environment variable`)
  }
})
