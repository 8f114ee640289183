/** Lines of pg_hba.conf in their order: the first that matches decides. */
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react"
import { useFieldArray, useWatch } from "react-hook-form"
import { pgHba } from "#core/cluster/hba.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { FormText } from "../form-field.tsx"
import type { SectionProps } from "./sections.tsx"
import { bodyOf } from "./values.ts"

export function HbaSection({ control }: SectionProps) {
  const { fields, append, insert, move, remove, update } = useFieldArray({ control, name: "hba" })
  const values = useWatch({ control })
  /** A file that is pasted becomes as many lines, without its comments. */
  const paste = (at: number, text: string): boolean => {
    const lines = text
      .split("\n")
      .map((each) => each.trim())
      .filter((each) => each !== "" && !each.startsWith("#"))
    if (lines.length < 2) return false
    const typed = values.hba?.[at]?.line?.trim() ?? ""
    const [first = "", ...rest] = typed === "" ? lines : [typed, ...lines]
    update(at, { line: first })
    insert(
      at + 1,
      rest.map((line) => ({ line })),
    )
    return true
  }
  return (
    <div className="flex max-w-4xl flex-col gap-3">
      <p className="max-w-prose text-sm text-ink-2">
        Who may connect, from where. The first line that matches decides. They are tried after
        pg-swarm's own lines and before the last one, which lets every user in with a password.
      </p>
      {fields.length === 0 ? null : (
        <ol className="flex flex-col gap-2">
          {fields.map((row, at) => (
            <li key={row.id} className="flex items-start gap-1">
              <span aria-hidden className="tnum w-6 shrink-0 leading-8 text-ink-3">
                {at + 1}
              </span>
              <FormText
                control={control}
                name={`hba.${at}.line`}
                label={`Line ${at + 1}`}
                labelHidden
                mono
                placeholder="host  orders  orders_app  10.42.0.0/16  scram-sha-256"
                className="flex-1"
                onPasted={(text) => paste(at, text)}
              />
              <IconButton
                label={`Move line ${at + 1} up`}
                isDisabled={at === 0}
                onPress={() => move(at, at - 1)}
              >
                <ArrowUp aria-hidden className="size-4" />
              </IconButton>
              <IconButton
                label={`Move line ${at + 1} down`}
                isDisabled={at === fields.length - 1}
                onPress={() => move(at, at + 1)}
              >
                <ArrowDown aria-hidden className="size-4" />
              </IconButton>
              <IconButton label={`Remove line ${at + 1}`} onPress={() => remove(at)}>
                <X aria-hidden className="size-4" />
              </IconButton>
            </li>
          ))}
        </ol>
      )}
      <div>
        <Button small onPress={() => append({ line: "" })}>
          <Plus aria-hidden className="size-3.5" />
          Add line
        </Button>
      </div>
      <WholeFile control={control} />
    </div>
  )
}

/** The file as members get it, from the same function that writes it there. */
function WholeFile({ control }: SectionProps) {
  const values = useWatch({ control, compute: (all) => bodyOf(all).spec })
  const spec = profileSpecSchema.safeParse(values)
  if (!spec.success) return null
  return (
    <Disclosure title="The whole file, as members get it">
      <pre
        tabIndex={0}
        className="overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-xs leading-5"
      >
        {pgHba(profileSpec(spec.data))}
      </pre>
    </Disclosure>
  )
}
