// Parses the AsyncAPI document named on the command line with the official parser; fails on an error.
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const path = resolve(process.argv[2]);
const source = pathToFileURL(path).href;
const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"), { source });
const errors = diagnostics.filter(({ severity }) => severity === 0);
for (const { message, path } of errors) console.error(`${path.join(".")}: ${message}`);
if (!document || errors.length > 0) process.exit(1);
console.log(`${document.channels().all().length} channels, ${document.operations().all().length} operations`);
