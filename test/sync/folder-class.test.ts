import fc from 'fast-check'
import t from 'tap'
import { type FolderClass, folderClass, withFolderClass } from '../../src/sync/folder-class.ts'

const DEFAULT = { automaticFolders: ['*'], priorityFolders: ['INBOX'] }
const CLASSES: readonly FolderClass[] = ['priority', 'standard', 'other']

t.test('by default INBOX is synchronized often, everything else now and then', async t => {
  t.equal(folderClass('INBOX', DEFAULT), 'priority')
  t.equal(folderClass('Sent', DEFAULT), 'standard')
  t.equal(folderClass('Old', { ...DEFAULT, automaticFolders: ['Sent'] }), 'other')
})

t.test('a star stands for any text, also none; the last pattern that matches counts', async t => {
  const priority = (patterns: string[], path: string) =>
    folderClass(path, { automaticFolders: [], priorityFolders: patterns }) === 'priority'
  t.ok(priority(['Projects/*'], 'Projects/'))
  t.ok(priority(['*/2026/*'], 'a/2026/b'))
  t.notOk(priority(['ab*ab'], 'ab'), 'no character counts twice')
  t.notOk(priority(['a*b'], 'aXbX'))
  t.ok(priority(['inbox'], 'INBOX'))
  t.notOk(priority(['*', '!Old/*'], 'Old/x'))
  t.ok(priority(['*', '!Old/*', 'Old/good'], 'Old/good'))
  t.notOk(priority(['!*'], 'x'))
  t.ok(priority(['\\*\\!\\\\'], '*!\\'), 'a backslash lets a character mean itself')
  t.notOk(priority(['\\*'], 'x'))
})

t.test('a folder that leaves a pattern is taken out by name, and comes back without a trace', async t => {
  const without = withFolderClass('Old', 'other', DEFAULT)
  t.same(without, { automaticFolders: ['*', '!Old'], priorityFolders: ['INBOX'] })
  t.equal(folderClass('New', without), 'standard', 'a folder made later is automatic')
  t.same(withFolderClass('Old', 'standard', without), DEFAULT)
  t.same(withFolderClass('Old', 'priority', DEFAULT), { automaticFolders: ['*'], priorityFolders: ['INBOX', 'Old'] })
  t.same(withFolderClass('INBOX', 'standard', DEFAULT), { automaticFolders: ['*'], priorityFolders: [] })
})

const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '!', '\\'), minLength: 1, maxLength: 6 })
const paths = fc.oneof(name, fc.constant('INBOX'))
const patterns = fc.array(fc.oneof(name, fc.constantFrom('*', 'INBOX', 'a*', '!a*', '!*b')), { maxLength: 5 })

t.test('exactly that folder changes its class, whatever patterns and names there are', async () => {
  const property = fc.property(
    fc.record({ automaticFolders: patterns, priorityFolders: patterns }),
    paths,
    fc.constantFrom(...CLASSES),
    fc.array(paths),
    (before, path, wanted, others) => {
      const after = withFolderClass(path, wanted, before)
      if (folderClass(path, after) !== wanted) return false
      return others.every(other => other === path || folderClass(other, after) === folderClass(other, before))
    },
  )
  fc.assert(property, { numRuns: 3000, seed: 20261125 })
})
