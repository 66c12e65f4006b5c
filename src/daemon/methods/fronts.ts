import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import type { Daemon } from '../daemon.ts'
import type { DaemonErrorCode } from '../errors.ts'
import type { Front } from '../fronts.ts'
import { type MethodContext, valueMethod } from '../method.ts'

/** `pop3 start|stop|status`. */
export const FRONT_METHODS = {
  'pop3.start': valueMethod(z.strictObject({}), async (_params, context) => frontOf(context, 'pop3').start()),
  'pop3.stop': valueMethod(z.strictObject({}), async (_params, context) => {
    const front = frontOf(context, 'pop3')
    await front.stop()
    return front.status
  }),
  'pop3.status': valueMethod(z.strictObject({}), async (_params, context) => frontOf(context, 'pop3').status),
}

function frontOf({ daemon }: MethodContext, name: string): Front {
  const front = running(daemon).fronts.find(front => front.name === name)
  if (!front) throw new Error(`there is no front ${name}`)
  return front
}

function running(daemon: Daemon | undefined): Daemon {
  if (daemon) return daemon
  throw notRunning()
}

/** Says that there is no daemon, where only one can do it. */
export function notRunning(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_NOT_RUNNING', 'The daemon does not run.', {
    remedy: 'user',
    advice: 'Start it with `postern start`.',
  })
}
