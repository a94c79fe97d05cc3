#!/usr/bin/env node
import { loadProgram } from '../dist/boot.js';

await loadProgram().main(process.argv.slice(2));
