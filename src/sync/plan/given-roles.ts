import type { FolderRow } from '../../store/rows.ts'
import type { GivenRole, RemoteFolder } from '../remote.ts'

const GIVEN_ROLES: ReadonlySet<string> = new Set<GivenRole>(['drafts', 'sent', 'trash', 'junk', 'archive'])

/** A role that folders are made for; undefined for any other. */
export function givenRole(role: string | undefined): GivenRole | undefined {
  const isGiven = (text: string): text is GivenRole => GIVEN_ROLES.has(text)
  return role !== undefined && isGiven(role) ? role : undefined
}

type KnownFolder = Pick<FolderRow, 'id' | 'role' | 'givenRole'>

/**
 * Tells what the folders of a list are for: as the server says, else what they were made for here, unless another one is
 * that on the server. `known` are those of them that are here, by their names in the list.
 */
export function rolesOf(
  listed: readonly RemoteFolder[],
  known: ReadonlyMap<string, KnownFolder>,
): (folder: RemoteFolder) => string | undefined {
  const taken = new Set<string | undefined>(listed.map(({ role }) => role))
  const holders = holdersOf(listed, known)
  return ({ path, role }) => {
    const given = known.get(path)?.givenRole
    const isHeld = given !== undefined && !taken.has(given) && holders.get(given) === path
    return role ?? (isHeld ? given : undefined)
  }
}

// One that was gone may be there again while another was made for the same: who has the role keeps it.
function holdersOf(
  listed: readonly RemoteFolder[],
  known: ReadonlyMap<string, KnownFolder>,
): ReadonlyMap<string, string> {
  const rank = ({ role, givenRole }: KnownFolder) => (role === givenRole ? 0 : 1)
  const given = listed.flatMap(({ path }) => {
    const folder = known.get(path)
    return folder?.givenRole === undefined ? [] : [{ ...folder, role: folder.givenRole, path, rank: rank(folder) }]
  })
  // Of those with the same role the last one stays in the map.
  const sorted = given.sort((left, right) => right.rank - left.rank || right.id - left.id)
  return new Map(sorted.map(({ role, path }) => [role, path]))
}
