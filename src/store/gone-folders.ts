/** The path that a folder which is gone gets when another one takes its name: nobody looks under it. */
export const SET_ASIDE = `path || ' (gone ' || id || ')'`

/** Selects folders that are gone and were set aside from a path; `path` is the statement's placeholder for it. */
export function wasSetAsideFrom(path: '?' | '?1' | '?3'): string {
  return `state = 'gone' AND folder.path = ${path} || ' (gone ' || id || ')'`
}
