/** A search field whose text becomes part of the address a moment after the typing stops. */
import { useEffect, useRef, useState } from "react"
import { SearchField } from "../ui/field.tsx"

const pause = 200

type Props = {
  readonly label: string
  readonly placeholder: string
  readonly value: string | undefined
  readonly onSearch: (text: string | undefined) => void
}

export function SearchBox({ label, placeholder, value, onSearch }: Props) {
  const [text, setText] = useState(value ?? "")
  const [seen, setSeen] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // The address changed under us (Back, "show all"): follow it.
  if (value !== seen) {
    setSeen(value)
    if ((value ?? "") !== text.trim()) setText(value ?? "")
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const type = (typed: string): void => {
    setText(typed)
    clearTimeout(timer.current)
    const wanted = typed.trim().slice(0, 100)
    timer.current = setTimeout(() => onSearch(wanted === "" ? undefined : wanted), pause)
  }
  return (
    <SearchField
      label={label}
      placeholder={placeholder}
      value={text}
      onChange={type}
      className="w-full sm:w-64"
    />
  )
}
