/** The content security policy forbids code from text, which zod would otherwise try for speed. */
import { z } from "zod"

z.config({ jitless: true })
