#!/usr/bin/env node
import { createProgram } from "#cli/program.ts";
import { application } from "./application.ts";

process.exitCode = await createProgram(application).run(process.argv.slice(2));
