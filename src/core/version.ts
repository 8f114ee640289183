/** The version of this pg-swarm, told to peers and shown to people; `package.json` says the same. */
export const version = "0.1.0"
