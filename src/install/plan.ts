/** Where Postern can be installed. */
export type Platform = 'linux' | 'darwin' | 'win32'

/** What is to be installed, and for whom. All paths are absolute. */
export interface InstallTarget {
  readonly platform: Platform
  readonly scope: 'user' | 'all-users'
  /** Node and our launcher, where they lie now. The version is written down, so that an upgrade is a change. */
  readonly program: { readonly node: string; readonly launcher: string; readonly version: string }
  /** The home that a user has said to be theirs; undefined for the usual one. */
  readonly chosenHome: string | undefined
  /** Whether systemd can be told by `systemd-notify`. */
  readonly canNotify: boolean
  readonly folders: InstallFolders
  readonly user: { readonly name: string; readonly uid: number }
}

/** The folders of the platform in which something is installed. */
export interface InstallFolders {
  /** The folder of the user. */
  readonly home: string
  /** Where the user's programs keep settings: `XDG_CONFIG_HOME`, or what stands for it. */
  readonly config: string
  /** Where Postern keeps what is the user's, or everybody's. */
  readonly postern: string
}

/** A file that is to be there, or a symbolic link. */
export type PlannedFile =
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }

/** A command of the platform's service manager. */
export interface Step {
  readonly argv: readonly [program: string, ...args: string[]]
  /** Whether its failure is one: stopping what does not run is none. */
  readonly mayFail?: boolean
  /** Whether it would disturb what runs as it should. */
  readonly onlyAfterChange?: boolean
}

/** Everything that installing and uninstalling do, as data. */
export interface InstallationPlan {
  readonly files: readonly PlannedFile[]
  /** After the files are written; without `--root` and where a service manager runs. */
  readonly start: readonly Step[]
  /** Before the files are removed. */
  readonly stop: readonly Step[]
  /** After the files are removed. */
  readonly forget: readonly Step[]
  /** What people are told, beside what was done. */
  readonly remarks: readonly string[]
}
