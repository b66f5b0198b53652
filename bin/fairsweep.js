#!/usr/bin/env node
// Sets up what is missing, then runs the built command line.
import { setUpOrExit } from '../scripts/setup.js'

await setUpOrExit()
await import(new URL('../out/main/cli.js', import.meta.url).href)
