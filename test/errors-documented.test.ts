import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const ROOT = resolve(import.meta.dirname, '..')
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g

const documented = new Map<string, { remedy: string; folder: string }>()
let folder = ''
for (const line of readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').split('\n')) {
  folder = /^## (\w+)/.exec(line)?.[1] ?? folder
  const row = /^\| `([A-Z0-9_]+)` \| (\w+) \| [^|]+ \| [^|]+ \|$/.exec(line)
  if (row?.[1] && row[2]) documented.set(row[1], { remedy: row[2], folder })
}

// A folder declares its codes as the string union in its errors.ts, and throws them by `new PosternError('CODE'`.
const declared = new Map<string, string>()
for (const file of globSync('src/**/errors.ts', { cwd: ROOT })) {
  const union = /export type \w+ErrorCode =([^;]*?)(?:\n\n|\n\/\*\*|\nexport|$)/s
  const text = union.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1] ?? ''
  for (const match of text.matchAll(CODE)) declared.set(match[1] ?? '', file.split('/')[1] ?? '')
}

t.test('every declared error code is documented in its folder’s section', async t => {
  for (const [code, folder] of declared) {
    t.ok(documented.has(code), `${code} of src/${folder} has a row in docs/errors.md`)
    t.equal(documented.get(code)?.folder, folder, `${code} stands in the section of ${folder}`)
  }
})

t.test('every documented error code exists in the code', async t => {
  for (const [code, { remedy }] of documented) {
    t.ok(declared.has(code), `${code} of docs/errors.md is declared in src`)
    t.ok(remedy === 'retry' || remedy === 'user', `${code} has a remedy`)
  }
})

t.test('every thrown code is declared, and every declared code is used', async t => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter(file => file !== 'src/errors.ts')
  const used = new Set<string>()
  for (const file of sources) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const match of text.matchAll(/new PosternError(?:<[^>]*>)?\(\s*'([A-Z0-9_]+)'/g)) {
      t.ok(declared.has(match[1] ?? ''), `${file} throws the declared code ${match[1]}`)
    }
    if (!file.endsWith('/errors.ts')) for (const match of text.matchAll(CODE)) used.add(match[1] ?? '')
  }
  for (const file of globSync('src/**/errors.ts', { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, file), 'utf8').replace(
      /export type \w+ErrorCode =[^;]*?(?:\n\n|\n\/\*\*)/s,
      '',
    )
    for (const match of text.matchAll(CODE)) used.add(match[1] ?? '')
  }
  for (const code of declared.keys()) t.ok(used.has(code), `${code} is used`)
})
