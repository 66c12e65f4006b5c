import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import process from 'node:process'

/** Tells whether a D-Bus session, and with it perhaps a Secret Service, can be there (Linux). */
export function hasSessionBus(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment.DBUS_SESSION_BUS_ADDRESS !== undefined || existsSync(`/run/user/${userInfo().uid}/bus`)
}
