/** Told to central; moves with package.json. */
export const satelliteVersion = "0.1.0"
