import { createHash } from 'node:crypto'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

// sun_path is 104 octets on macOS and 108 on Linux, the final NUL included.
const MAX_SOCKET_PATH_OCTETS = 103

/** Where everything of one installation lies. All paths are absolute. */
export interface Home {
  readonly dir: string
  readonly configFile: string
  /** The administrator’s file of this home; without it, that of the installation for all users counts. */
  readonly defaultsFile: string
  readonly systemDefaultsFile: string
  readonly profilesDir: string
  readonly certsDir: string
  readonly logsDir: string
  /** Where logs go without a `log.dir` setting is `logsDir`; the outbox holds one folder per profile. */
  readonly outboxDir: string
  /** What is on its way into a store; nothing in it counts after a start. */
  readonly spoolDir: string
  readonly secretsFile: string
  readonly secretsKeyFile: string
  /** How often sign-ins were refused. */
  readonly signInsFile: string
  /** The last good policies of the profiles. */
  readonly policiesDir: string
  readonly lockFile: string
  /** A Unix socket, or a named pipe on Windows. */
  readonly controlAddress: string
  /** Holds the bearer token of the control API while a daemon runs. */
  readonly controlTokenFile: string
}

/** Says where the home is: `POSTERN_HOME`, else the platform's usual folder. */
export function findHome(environment: NodeJS.ProcessEnv = process.env): Home {
  const configured = environment.POSTERN_HOME
  return homeAt(configured ? resolve(configured) : defaultDir(environment), systemDir(environment))
}

/** The environment of a process that is to work in a home. */
export function environmentOf(home: Home, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, POSTERN_HOME: home.dir }
}

/** Says where the home is of a service that is told nothing: it starts without the variables of the user's shell. */
export function findServiceHome({ LOCALAPPDATA }: NodeJS.ProcessEnv = process.env): Home {
  return findHome(LOCALAPPDATA === undefined ? {} : { LOCALAPPDATA }) // every process of a Windows user has that
}

/** Names the parts of a home folder. */
export function homeAt(dir: string, ofAllUsers: string = systemDir()): Home {
  return {
    dir,
    configFile: join(dir, 'config.yaml'),
    defaultsFile: join(dir, 'defaults.yaml'),
    systemDefaultsFile: join(ofAllUsers, 'defaults.yaml'),
    profilesDir: join(dir, 'profiles'),
    certsDir: join(dir, 'certs'),
    logsDir: join(dir, 'logs'),
    outboxDir: join(dir, 'outbox'),
    spoolDir: join(dir, 'spool'),
    secretsFile: join(dir, 'secrets.enc'),
    secretsKeyFile: join(dir, 'secrets.key'),
    policiesDir: join(dir, 'policies'),
    signInsFile: join(dir, 'sign-ins.json'),
    lockFile: join(dir, 'lock'),
    controlAddress: controlAddressOf(dir),
    controlTokenFile: join(dir, 'control.token'),
  }
}

function defaultDir(environment: NodeJS.ProcessEnv): string {
  const home = homedir()
  if (process.platform === 'win32') return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Postern')
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'Postern')
  return join(environment.XDG_DATA_HOME ?? join(home, '.local', 'share'), 'postern')
}

/** The folder of what counts for all users of the machine; `POSTERN_SYSTEM_DIR` names another one. */
export function systemDir(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.POSTERN_SYSTEM_DIR) return resolve(environment.POSTERN_SYSTEM_DIR)
  // NOTE: not ProgramData, where every user may put a folder first, and so tell the others' servers.
  if (process.platform === 'win32') {
    return join(environment.CommonProgramFiles ?? 'C:\\Program Files\\Common Files', 'Postern')
  }
  return process.platform === 'darwin' ? '/Library/Application Support/Postern' : '/etc/postern'
}

function controlAddressOf(dir: string): string {
  const digest = createHash('sha256').update(dir).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\postern-${digest}`
  const inside = join(dir, 'control.sock')
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_OCTETS) return inside
  return join(tmpdir(), `postern-${userInfo().uid}-${digest}`, 'control.sock')
}
