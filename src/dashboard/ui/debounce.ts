/** A value that follows another one when that has stood still for a moment. */
import { useEffect, useState } from "react"

export function useDebounced<T>(value: T, milliseconds: number): T {
  const [settled, settle] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => settle(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return settled
}
