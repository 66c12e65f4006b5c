import { planLaunchd } from './launchd.ts'
import type { InstallationPlan, InstallTarget } from './plan.ts'
import { planSystemd } from './systemd.ts'
import { planTaskScheduler } from './task-scheduler.ts'

/** Plans an installation; the same target always gives the same plan. */
export function planFor(target: InstallTarget): InstallationPlan {
  switch (target.platform) {
    case 'linux':
      return planSystemd(target)
    case 'darwin':
      return planLaunchd(target)
    case 'win32':
      return planTaskScheduler(target)
  }
}
