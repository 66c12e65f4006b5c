/** How often a folder is synchronized: often, now and then, or on demand only. */
export type FolderClass = 'priority' | 'standard' | 'other'

/**
 * Patterns of folder paths. `*` stands for any text, a pattern after `!` takes out again, `\` lets the next character
 * mean itself. Of the patterns that match a path, the last one counts.
 */
export interface FolderPatterns {
  readonly automaticFolders: readonly string[]
  readonly priorityFolders: readonly string[]
}

/** Tells a folder's class by the patterns of the profile. */
export function folderClass(path: string, { automaticFolders, priorityFolders }: FolderPatterns): FolderClass {
  if (isListed(priorityFolders, path)) return 'priority'
  return isListed(automaticFolders, path) ? 'standard' : 'other'
}

/** Changes the patterns so that this folder gets a class, and no other folder gets another one. */
export function withFolderClass(path: string, wanted: FolderClass, patterns: FolderPatterns): FolderPatterns {
  const { automaticFolders, priorityFolders } = patterns
  return {
    priorityFolders: edit(priorityFolders, path, wanted === 'priority'),
    // What has priority is automatic anyway; its former class stays for the day when it has not.
    automaticFolders: wanted === 'priority' ? automaticFolders : edit(automaticFolders, path, wanted === 'standard'),
  }
}

function edit(list: readonly string[], path: string, isWanted: boolean): readonly string[] {
  if (isListed(list, path) === isWanted) return list
  const literal = literalOf(path)
  const others = list.filter(pattern => pattern !== literal && pattern !== `!${literal}`)
  if (isListed(others, path) === isWanted) return others
  return [...others, isWanted ? literal : `!${literal}`]
}

function isListed(list: readonly string[], path: string): boolean {
  const last = list.findLast(pattern => matches(pattern.replace(/^!/, ''), path))
  return last !== undefined && !last.startsWith('!')
}

function literalOf(path: string): string {
  return path.replace(/[*!\\]/g, '\\$&')
}

function matches(pattern: string, path: string): boolean {
  if (pattern.toLowerCase() === 'inbox') return path === 'INBOX' // RFC 9051 section 5.1
  const [first = '', ...rest] = literalsOf(pattern)
  if (!path.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return path.length - part.length >= at && path.endsWith(part)
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at === path.length
}

/** Splits a pattern at its stars. */
function literalsOf(pattern: string): string[] {
  const parts = ['']
  for (const [token] of pattern.matchAll(/\\?./gsu)) {
    if (token === '*') parts.push('')
    else parts.push((parts.pop() ?? '') + (token.length > 1 && token.startsWith('\\') ? token.slice(1) : token))
  }
  return parts
}
