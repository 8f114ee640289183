/** What is done in an emergency: a menu in the head of a cluster's page, and a question that waits for a person. */
import { Siren } from "lucide-react"
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components"
import type { Cluster } from "#wire/rest/clusters.ts"
import {
  type Asking,
  askingOf,
  type EmergencyDeed,
  emergencyDeeds,
  missingText,
  questionText,
  refusingOf,
} from "../domain/emergency.ts"
import { Button } from "../ui/button.tsx"
import { Only } from "./only.tsx"
import { Notice } from "../ui/notice.tsx"
import { itemClass, popoverClass } from "../ui/select.tsx"

const deeds: Readonly<Record<EmergencyDeed, { readonly word: string; readonly meaning: string }>> =
  {
    fence: { word: "Fence the primary…", meaning: "No client gets in; its role stays." },
    unfence: { word: "Let clients in", meaning: "Ends the fence." },
    promote: { word: "Promote a member…", meaning: "Consent where a machine must not decide." },
  }

type MenuProps = {
  readonly cluster: Cluster
  /** One that was asked for is under way. */
  readonly running: boolean
  readonly onChoose: (deed: EmergencyDeed) => void
}

export function EmergencyMenu({ cluster, running, onChoose }: MenuProps) {
  const possible = emergencyDeeds(cluster)
  if (possible.length === 0) return null
  return (
    <Only who="fenceCluster">
      <MenuTrigger>
        <Button isDisabled={running}>
          <Siren aria-hidden className="size-3.5" />
          Emergency
        </Button>
        <Popover placement="bottom end" className={popoverClass}>
          <Menu
            aria-label="Emergency"
            onAction={(key) => {
              const deed = possible.find((each) => each === key)
              if (deed !== undefined) onChoose(deed)
            }}
            className="min-w-60 p-1 outline-none"
          >
            {possible.map((deed) => (
              <MenuItem key={deed} id={deed} textValue={deeds[deed].word} className={itemClass}>
                <span className="flex flex-col">
                  <span>{deeds[deed].word}</span>
                  <span className="text-xs text-ink-3">{deeds[deed].meaning}</span>
                </span>
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </Only>
  )
}

type AskedProps = {
  readonly cluster: Cluster
  readonly running: boolean
  readonly onChoose: (deed: EmergencyDeed) => void
}

/** Above everything else on the page, for as long as it waits. */
export function PersonAsked({ cluster, running, onChoose }: AskedProps) {
  const [first] = askingOf(cluster)
  const refusing = refusingOf(cluster)
  if (first !== undefined)
    return (
      <Notice tone="bad" alert className="mb-4">
        <p className="font-medium">No member becomes primary before a person decides.</p>
        <Because asking={first} />
        <Only who="promoteMember">
          <Button small className="mt-2" isDisabled={running} onPress={() => onChoose("promote")}>
            Decide…
          </Button>
        </Only>
      </Notice>
    )
  if (refusing?.startsWith("fenced") === true)
    return (
      <Notice tone="warn" alert className="mb-4">
        <p>
          <span className="font-medium">{cluster.primary} lets no clients in</span>, {refusing}.
        </p>
        <Only who="unfenceCluster">
          <Button small className="mt-2" isDisabled={running} onPress={() => onChoose("unfence")}>
            Let clients in
          </Button>
        </Only>
      </Notice>
    )
  return null
}

export const Because = ({ asking }: { readonly asking: Asking }) => (
  <>
    <p>
      {questionText(asking.question)} {missingText(asking.question)}
    </p>
    {asking.reason === "" ? null : (
      <p className="mt-1 text-xs">
        <span className="font-mono">{asking.pod}</span> says: {asking.reason}
      </p>
    )}
  </>
)
