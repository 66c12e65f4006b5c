import process from 'node:process'

/** A proxy that the environment names; undefined members are not set. */
export interface ProxyEnvironment {
  readonly proxy: { readonly url: string; readonly variable: string } | undefined
  /** NO_PROXY as it stands there. */
  readonly bypass: string
}

// ALL_PROXY is meant for every protocol; HTTPS_PROXY is what many machines have alone.
const PROXIES = ['ALL_PROXY', 'HTTPS_PROXY']

/** Reads the variables that programs share to find a proxy, in small letters or capitals; those in small ones win. */
export function readProxyEnvironment(environment: NodeJS.ProcessEnv = process.env): ProxyEnvironment {
  const [proxy] = PROXIES.flatMap(name => [name.toLowerCase(), name])
    .map(variable => ({ variable, url: environment[variable] ?? '' }))
    .filter(({ url }) => url !== '')
  return { proxy, bypass: environment.no_proxy ?? environment.NO_PROXY ?? '' }
}
