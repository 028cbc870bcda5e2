import { Reception } from "#connectors/file/reception.ts";

/** Takes one file in, and says what it became, or by which code it was refused. */
const [root, path, content] = process.argv.slice(2) as [string, string, string];
async function* body(): AsyncGenerator<Uint8Array> {
	yield Buffer.from(content);
}
const became = await new Reception(root, 1_000)
	.receive(path, body(), {}, { onlyNew: false, replacing: undefined })
	.then(
		({ became }) => became,
		({ code }) => code,
	);
process.stdout.write(became);
