/** Where applications inside the site connect to. */
import { objectNames, port, secretKey } from "#core/names.ts"
import { clusterName } from "#core/ids.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { CopyButton } from "../ui/copy-button.tsx"
import { Panel } from "../ui/panel.tsx"

export function ConnectPanel({ cluster }: { readonly cluster: Cluster }) {
  const names = objectNames(clusterName(cluster.name))
  const host = (service: string) => `${service}.${cluster.namespace}.svc:${port.postgres}`
  return (
    <Panel title="Connect" className="self-start">
      <dl className="flex flex-col gap-3 p-4 text-sm">
        <Line name="Writes, follows the primary" text={host(names.readWrite)} />
        <Line name="Reads, any streaming standby" text={host(names.readOnly)} />
        <Line
          name="Superuser's password"
          text={`kubectl -n ${cluster.namespace} get secret ${names.secret} -o jsonpath='{.data.${secretKey.superuserPassword}}' | base64 -d`}
        />
      </dl>
      <p className="border-t border-line px-4 py-2.5 text-xs text-ink-3">
        Addresses are those inside the site's Kubernetes. They stay the same through every failover.
      </p>
    </Panel>
  )
}

const Line = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div className="min-w-0">
    <dt className="text-xs text-ink-3">{name}</dt>
    <dd className="mt-0.5 flex items-start gap-1">
      <code className="min-w-0 flex-1 rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-xs wrap-anywhere">
        {text}
      </code>
      <CopyButton text={text} label={`Copy: ${name}`} />
    </dd>
  </div>
)
