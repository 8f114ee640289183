/** From where one site pulls its images: as the whole fleet does, from a registry of its own, or from where they are named. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { mirrored, mirrorProblem } from "#core/cluster/image.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { imageMirrorQuery } from "../api/catalogue-queries.ts"
import { keys } from "../api/queries.ts"
import { Button } from "../ui/button.tsx"
import { TextField } from "../ui/field.tsx"
import { Panel } from "../ui/panel.tsx"
import { RadioCards } from "../ui/radio-cards.tsx"
import { say } from "../ui/toast.tsx"
import { DeedFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"

type Props = { readonly satellite: Satellite }

const example = "docker.io/library/postgres:17.2"

/** How a row says it: null as the fleet, empty none, a text its own. */
const kindOf = (mirror: string | null) =>
  mirror === null ? "as-fleet" : mirror === "" ? "none" : "own"

export const SatelliteMirror = ({ satellite }: Props) => (
  <Panel title="Image mirror">
    <Only who="putSatelliteMirror" otherwise={<Told satellite={satellite} />}>
      <MirrorForm satellite={satellite} />
    </Only>
  </Panel>
)

function useFleetMirror(): string {
  const { data } = useQuery(imageMirrorQuery)
  if (data === undefined) return "As the images page says."
  return data.mirror === null
    ? "The fleet has none: images are pulled from where they are named."
    : `From ${data.mirror}.`
}

function Told({ satellite: { imageMirror } }: Props) {
  const ofFleet = useFleetMirror()
  return (
    <p className="p-4 text-sm text-ink-2">
      {imageMirror === null
        ? `As the whole fleet. ${ofFleet}`
        : imageMirror === ""
          ? "None: images are pulled from where they are named."
          : `Its own: ${imageMirror}.`}
    </p>
  )
}

function MirrorForm({ satellite }: Props) {
  const client = useQueryClient()
  const ofFleet = useFleetMirror()
  const stored = satellite.imageMirror
  const [kind, setKind] = useState<"as-fleet" | "none" | "own">(kindOf(stored))
  const [text, setText] = useState(stored ?? "")
  const [tried, setTried] = useState(false)
  const registry = text.trim()
  const problem =
    kind !== "own"
      ? undefined
      : registry === ""
        ? "Name the registry, such as registry.example.com:5000/hub"
        : mirrorProblem(registry)
  const save = useMutation({
    mutationFn: () =>
      call("putSatelliteMirror", {
        params: { id: satellite.id },
        body: {
          version: satellite.version,
          mirror: kind === "own" ? { kind, registry } : { kind },
        },
      }),
    onSuccess: (saved) => {
      client.setQueryData([...keys.satellite, saved.id], saved)
      say(`From where ${saved.name} pulls images is saved.`)
    },
  })
  const isChanged = kind !== kindOf(stored) || (kind === "own" && registry !== stored)
  return (
    <form
      noValidate
      className="flex max-w-3xl flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (problem === undefined) save.mutate()
      }}
    >
      <DeedFailed error={save.error} />
      <RadioCards
        label="Images are pulled"
        value={kind}
        onChange={setKind}
        choices={[
          { value: "as-fleet", name: "As the whole fleet does", help: ofFleet },
          { value: "own", name: "From a registry of its own", help: "It stands in for every one." },
          { value: "none", name: "From where they are named", help: "Whatever the fleet does." },
        ]}
      />
      {kind === "own" ? (
        <TextField
          label="Registry"
          mono
          value={text}
          onChange={setText}
          placeholder="registry.example.com:5000/hub"
          help={
            problem === undefined
              ? `${example} is pulled as ${mirrored(example, registry)}`
              : "With a port and a path where it has them"
          }
          error={tried || registry !== "" ? problem : undefined}
          className="max-w-xl"
        />
      ) : null}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" isDisabled={!isChanged} isPending={save.isPending}>
          {save.isPending ? "Saving…" : "Save its mirror"}
        </Button>
        <span className="text-xs text-ink-3">
          Pods that run are not replaced; each pulls from there when it is made anew.
        </span>
      </div>
    </form>
  )
}
