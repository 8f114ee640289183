/** The registry that stands in for those that images name, for sites without a way to them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { mirrored, mirrorProblem } from "#core/cluster/image.ts"
import type { Answer } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, imageMirrorQuery } from "../api/catalogue-queries.ts"
import { Button } from "../ui/button.tsx"
import { TextField } from "../ui/field.tsx"
import { Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { DeedFailed, LoadFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"

export function ImageMirror() {
  const query = useQuery(imageMirrorQuery)
  return (
    <Panel title="Mirror">
      {query.isPending ? (
        <LoadingRows what="the mirror" rows={1} />
      ) : query.isError ? (
        <LoadFailed
          what="The mirror"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      ) : (
        <Only
          who="putImageMirror"
          otherwise={
            <p className="p-4 text-sm text-ink-2">
              {query.data.mirror === null
                ? "None: images are pulled from where they are named."
                : `Sites pull images from ${query.data.mirror}, unless they have one of their own.`}
            </p>
          }
        >
          <MirrorForm stored={query.data} key={query.data.version} />
        </Only>
      )}
    </Panel>
  )
}

function MirrorForm({ stored }: { readonly stored: Answer<"getImageMirror"> }) {
  const client = useQueryClient()
  const [text, setText] = useState(stored.mirror ?? "")
  const wanted = text.trim() === "" ? null : text.trim()
  const problem = wanted === null ? undefined : mirrorProblem(wanted)
  const save = useMutation({
    mutationFn: () => call("putImageMirror", { body: { version: stored.version, mirror: wanted } }),
    onSuccess: (saved) => {
      client.setQueryData(catalogueKeys.imageMirror, saved)
      say("The mirror is saved.")
    },
  })
  return (
    <form
      noValidate
      className="flex flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (problem === undefined) save.mutate()
      }}
    >
      <DeedFailed error={save.error} />
      <TextField
        label="Registry"
        mono
        value={text}
        onChange={setText}
        placeholder="registry.example.com:5000/hub"
        help={
          problem === undefined && wanted !== null
            ? `docker.io/library/postgres:17.2 is pulled as ${mirrored("docker.io/library/postgres:17.2", wanted)}`
            : "Empty: images are pulled from where they are named. Pods that run are not replaced for a change."
        }
        error={problem}
        className="max-w-xl"
      />
      <Button
        type="submit"
        isDisabled={wanted === stored.mirror || problem !== undefined}
        isPending={save.isPending}
        className="self-start"
      >
        {save.isPending ? "Saving…" : "Save mirror"}
      </Button>
    </form>
  )
}
