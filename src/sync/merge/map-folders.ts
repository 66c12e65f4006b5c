import type { MergedFolder } from '../../store/changes/merge.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { RemoteFolder } from '../remote.ts'

const INBOX = 'INBOX'
const USUAL_DELIMITER = '/' // what people type where no server has said

type LocalFolder = Pick<FolderRow, 'id' | 'path' | 'delimiter' | 'role' | 'isSelectable'>

/**
 * Finds the folders of an account that those here are: of the same name, with the account's delimiter and with or without
 * the Inbox above it, as servers differ in these; else of the same use (RFC 6154). The others are new to the account.
 */
export function mapFolders(local: readonly LocalFolder[], listed: readonly RemoteFolder[]): readonly MergedFolder[] {
  const there = new Map(listed.map(folder => [folder.path, folder]))
  const style = styleOf(listed)
  const taken = new Set<string>()
  const found = new Map<number, string>()
  const take = (id: number, path: string | undefined) => {
    if (path === undefined || taken.has(path) || found.has(id)) return
    taken.add(path)
    found.set(id, path)
  }
  for (const { id, path } of local) if (there.has(path)) take(id, path)
  for (const folder of local) {
    take(
      folder.id,
      spellings(folder, style).find(path => there.has(path)),
    )
  }
  for (const { id, role } of local) {
    if (role !== undefined) take(id, listed.find(folder => folder.role === role && !taken.has(folder.path))?.path)
  }
  const known = local.flatMap(({ id, isSelectable }) => {
    const path = found.get(id)
    // One that only holds other folders there is made one for mail.
    return path === undefined ? [] : [{ id, path, isNew: isSelectable && there.get(path)?.selectable === false }]
  })
  const fresh = local
    .filter(({ id, isSelectable }) => isSelectable && !found.has(id))
    .map(folder => ({ id: folder.id, path: freePath(folder, style, taken), isNew: true }))
  return [...known, ...fresh]
}

interface Style {
  readonly delimiter: string | undefined
  /** Whether everything is below the Inbox, and new folders have to be there as well. */
  readonly isBelowInbox: boolean
}

function styleOf(listed: readonly RemoteFolder[]): Style {
  const delimiter = listed.find(each => each.delimiter !== undefined)?.delimiter
  const others = listed.map(({ path }) => path).filter(path => path !== INBOX)
  const isBelow = (path: string) => delimiter !== undefined && path.startsWith(`${INBOX}${delimiter}`)
  return { delimiter, isBelowInbox: others.length > 0 && others.every(isBelow) }
}

/** How the account may spell a folder's name, the likeliest first. */
function spellings({ path, delimiter }: LocalFolder, style: Style): readonly string[] {
  if (path === INBOX) return [INBOX]
  const words = path.split(delimiter ?? USUAL_DELIMITER)
  const own = words[0] === INBOX && words.length > 1 ? words.slice(1) : words
  if (style.delimiter === undefined) return [own.join('-')]
  const between = style.delimiter
  // A sign that stands between names there cannot be in one of them.
  const plain = own.map(word => word.replaceAll(between, '_')).join(between)
  const below = `${INBOX}${between}${plain}`
  return style.isBelowInbox ? [below, plain] : [plain, below]
}

function freePath(folder: LocalFolder, style: Style, taken: Set<string>): string {
  const [wanted = folder.path] = spellings(folder, style)
  let path = wanted
  for (let count = 2; taken.has(path); count++) path = `${wanted} ${count}`
  taken.add(path)
  return path
}
