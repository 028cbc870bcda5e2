import { DirectoryObjectStore } from "#connectors/file/object-store.ts";

/** Puts objects until it is killed, and says the key of each that was acknowledged. */
const [root, prefix] = process.argv.slice(2) as [string, string];
const store = new DirectoryObjectStore(root);
for (let n = 0; ; n++) {
	const key = `${prefix}/${Math.floor(n / 10)}/${n}`;
	await store.put(key, key.repeat(1_000));
	process.stdout.write(`${key}\n`);
}
