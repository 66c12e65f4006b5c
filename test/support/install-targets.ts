import type { InstallTarget } from '../../src/install/plan.ts'

/** A target whose paths have everything that a quoting can get wrong. */
export const AWKWARD: InstallTarget = {
  platform: 'linux',
  scope: 'user',
  program: { node: '/opt/a b/100%/$node "x"', launcher: '/opt/a b/100%/$bin/postern.js', version: '1.2.3' },
  chosenHome: '/home/ada/Mail & <more> \\ 50% "$HOME"',
  canNotify: true,
  folders: { home: '/home/ada', config: '/home/ada/.config', postern: '/home/ada/p' },
  user: { name: 'ada', uid: 1000 },
}

/** A target on macOS. */
export const MAC: InstallTarget = { ...AWKWARD, platform: 'darwin' }

/** A target on Windows. */
export const WINDOWS: InstallTarget = {
  ...AWKWARD,
  platform: 'win32',
  program: {
    node: 'C:\\Program Files\\Postern & Co\\node.exe',
    launcher: 'C:\\Program Files\\Postern & Co\\bin\\postern.js',
    version: '1.2.3',
  },
  chosenHome: undefined,
  canNotify: false,
  folders: {
    home: 'C:\\Users\\ada',
    config: 'C:\\Users\\ada\\AppData\\Roaming',
    postern: 'C:\\Users\\ada\\AppData\\Local\\Postern',
  },
}
