/** Finds the file of a process or worker of ours, named from this folder: source in a checkout, built in a package. */
export function entryPoint(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
}
