/** Databases that each cluster of the profile gets once; from then on they are the cluster's own. */
import { Plus, X } from "lucide-react"
import { Controller, useFieldArray } from "react-hook-form"
import { Button, IconButton } from "../../ui/button.tsx"
import { Checkbox } from "../../ui/checkbox.tsx"
import { FormText } from "../form-field.tsx"
import type { SectionProps } from "./sections.tsx"
import { freshDatabase } from "./values.ts"

export function DatabasesSection({ control }: SectionProps) {
  const { fields, append, remove } = useFieldArray({ control, name: "databases" })
  return (
    <div className="flex max-w-4xl flex-col gap-3">
      <p className="max-w-prose text-sm text-ink-2">
        Each cluster gets them once, when it is made or when it takes this version. From then on
        they are the cluster's own: its page changes and drops them, and makes the password that an
        owner signs in with.
      </p>
      <ul className="flex flex-col gap-2 empty:hidden">
        {fields.map((row, at) => (
          <li key={row.id} className="flex flex-col gap-3 rounded-md border border-line-strong p-3">
            <div className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_1.5fr_auto]">
              <FormText
                control={control}
                name={`databases.${at}.name`}
                label="Database"
                mono
                placeholder="orders"
              />
              <FormText
                control={control}
                name={`databases.${at}.owner`}
                label="Owner"
                mono
                placeholder="orders_app"
                help="The role that logs in"
              />
              <FormText
                control={control}
                name={`databases.${at}.cidrs`}
                label="May be reached from"
                mono
                placeholder="10.20.0.0/16, 10.30.0.0/16"
                help="Empty: from anywhere that the HBA rules allow"
              />
              <IconButton
                label={`Remove database ${at + 1}`}
                className="sm:mt-6"
                onPress={() => remove(at)}
              >
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
            <Controller
              control={control}
              name={`databases.${at}.endSessions`}
              render={({ field }) => (
                <Checkbox
                  label="End sessions that come from elsewhere"
                  value={field.value}
                  onChange={field.onChange}
                />
              )}
            />
          </li>
        ))}
      </ul>
      <div>
        <Button small onPress={() => append(freshDatabase())}>
          <Plus aria-hidden className="size-3.5" />
          Add database
        </Button>
      </div>
    </div>
  )
}
