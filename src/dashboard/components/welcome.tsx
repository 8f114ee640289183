/** The first look at an empty fleet: what to do, in order. */
import type { ReactNode } from "react"
import { ButtonLink } from "../ui/button.tsx"
import { Panel } from "../ui/panel.tsx"
import { Only } from "./only.tsx"

export const Welcome = () => (
  <Panel title="Three steps to the first cluster">
    <ol className="divide-y divide-line">
      <Step
        number={1}
        title="Install a satellite at a site"
        text="It dials out to this central, registers itself and waits for you. No inbound port is needed at the site."
      >
        <code className="font-mono text-xs">kubectl apply -k deploy/kubernetes/satellite</code>
      </Step>
      <Step
        number={2}
        title="Approve it"
        text="It shows up here by itself. Give it a name and labels such as region=north."
      >
        <ButtonLink to="/satellites" small>
          Satellites
        </ButtonLink>
      </Step>
      <Step
        number={3}
        title="Make a profile and a rule"
        text="The profile says what a cluster looks like; the rule puts one on every satellite whose labels match."
      >
        <Only who="createRule">
          <span className="flex gap-2">
            <ButtonLink to="/profiles/new" small>
              New profile
            </ButtonLink>
            <ButtonLink to="/rules/new" small>
              New rule
            </ButtonLink>
          </span>
        </Only>
      </Step>
    </ol>
  </Panel>
)

type StepProps = {
  readonly number: number
  readonly title: string
  readonly text: string
  readonly children: ReactNode
}

const Step = ({ number, title, text, children }: StepProps) => (
  <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-4 text-sm">
    <span
      aria-hidden
      className="tnum grid size-7 place-items-center rounded-full bg-accent-soft font-semibold text-accent"
    >
      {number}
    </span>
    <div className="min-w-60 flex-1">
      <p className="font-semibold">{title}</p>
      <p className="text-ink-2">{text}</p>
    </div>
    {children}
  </li>
)
