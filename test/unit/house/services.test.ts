import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { provideServices } from "../../../deploy/dev/provide-services.ts";
import { type Service, search } from "../../../deploy/dev/services.ts";
import { cacheDirectory, downloaded } from "../../../deploy/dev/ways.ts";

/** Programs that stand for pip, Maven, Go and Docker: what is asked of them, and what they leave, is all that counts here. */
describe("a server that the machine does not have", () => {
	let home: string;
	let environment: NodeJS.ProcessEnv;
	beforeEach(async () => {
		home = await mkdtemp(join(tmpdir(), "watchrabbit-services-"));
		await mkdir(join(home, "bin"));
		for (const name of ["sh", "mkdir", "echo", "cp"]) await symlink(`/bin/${name}`, join(home, "bin", name));
		environment = { HOME: home, PATH: join(home, "bin") };
	});
	afterEach(async () => {
		await rm(home, { recursive: true });
	});

	async function program(name: string, script: string) {
		await writeFile(join(home, "bin", name), `#!/bin/sh\n${script}\n`);
		await chmod(join(home, "bin", name), 0o755);
	}

	const server = (...ways: Service["ways"]): Service => ({
		name: "pigeon",
		title: "the pigeon post",
		variable: "PIGEON_URL",
		onMachine: (env) => downloaded("pigeon", "bin/pigeon", env),
		ways,
		elsewhere: "a dovecote",
	});
	const compose = {
		kind: "compose",
		service: "pigeon",
		port: 7,
		url: (address: string) => `pigeon://me:secret@${address}/`,
	} as const;

	function provide(service: Service) {
		const lines: string[] = [];
		return { ...provideServices(environment, (line) => lines.push(line), [service]), lines };
	}

	it("is taken by the URL that the environment names, without its password in what is said", () => {
		environment.PIGEON_URL = "pigeon://me:secret@loft:7/";
		expect(search(server(), environment)).toEqual({ found: true, at: environment.PIGEON_URL, from: "environment" });
		expect(provide(server()).lines).toEqual(["the pigeon post: pigeon://loft:7/ (from the environment)"]);
	});

	it("is downloaded by pip, outside the checkout", async () => {
		await program("python3", `mkdir -p "$6/bin" && echo "$7" > "$6/bin/pigeon"`);
		const { lines } = provide(server({ kind: "pip", requirement: "pigeon==1.2" }));
		const at = join(cacheDirectory("pigeon", environment), "bin/pigeon");
		expect(lines).toEqual(["downloading pigeon==1.2 ...", `the pigeon post: ${at} (from the machine)`]);
		expect(at.startsWith(join(home, ".cache"))).toBe(true);
		expect(await readFile(at, "utf8")).toBe("pigeon==1.2\n");
	});

	it("is downloaded by Maven, as what a project depends on", async () => {
		await program("mvn", `d="\${6#-DoutputDirectory=}/../bin" && mkdir -p "$d" && cp "$4" "$d/pigeon"`);
		provide(server({ kind: "maven", artifact: "org.pigeon:post_2:1.2" }));
		const project = await readFile(join(cacheDirectory("pigeon", environment), "bin/pigeon"), "utf8");
		for (const part of ["<groupId>org.pigeon<", "<artifactId>post_2<", "<version>1.2<"])
			expect(project).toContain(part);
	});

	it("is built by Go", async () => {
		await program("go", `mkdir -p "$GOBIN" && echo "$2" > "$GOBIN/pigeon"`);
		const { lines } = provide(server({ kind: "go", program: "pigeon.org/post@v1" }));
		expect(lines.at(-1)).toContain("(from the machine)");
	});

	it("is built by Go under a name that says what it is", async () => {
		await program("go", `mkdir -p "$GOBIN" && echo "$2" > "$GOBIN/server"`);
		const { lines } = provide(server({ kind: "go", program: "pigeon.org/post/cmd/server@v1", as: "pigeon" }));
		const at = join(cacheDirectory("pigeon", environment), "bin/pigeon");
		expect(lines.at(-1)).toBe(`the pigeon post: ${at} (from the machine)`);
	});

	it("leaves no half of a download behind, and says what went wrong", async () => {
		await program("python3", `mkdir -p "$6/bin" && echo half > "$6/bin/pigeon"; echo "the line was cut" >&2; exit 1`);
		const { lines } = provide(server({ kind: "pip", requirement: "pigeon==1.2" }));
		expect(lines).toContain("python3 could not get pigeon==1.2: the line was cut");
		expect(lines.at(-1)).toBe(
			"the pigeon post is missing; get it by pip install pigeon==1.2 (elsewhere: a dovecote), or set PIGEON_URL to where it is",
		);
	});

	it("is started by docker compose at last, found by its URL, and ended", async () => {
		await program("docker", `echo "$6 $7 $8 $9" >> "${join(home, "asked")}"; [ "$6" != port ] || echo 127.0.0.1:4711`);
		const provided = provide(server({ kind: "go", program: "pigeon.org/post@v1" }, compose));
		expect(provided.environment.PIGEON_URL).toBe("pigeon://me:secret@127.0.0.1:4711/");
		expect(provided.lines.at(-1)).toBe("the pigeon post: pigeon://127.0.0.1:4711/ (from the docker compose)");
		provided.end();
		const asked = (await readFile(join(home, "asked"), "utf8")).split("\n");
		expect(asked.map((line) => line.split(" ")[0])).toEqual(["version", "up", "port", "down", ""]);
	});

	it("is missing where docker has no compose, and nothing is ended that was not started", async () => {
		await program("docker", `echo "$6" >> "${join(home, "asked")}"; exit 1`);
		const provided = provide(server(compose));
		expect(provided.lines.at(-1)).toContain("the pigeon post is missing; get it by docker compose");
		expect(provided.environment.PIGEON_URL).toBeUndefined();
		provided.end();
		expect(await readFile(join(home, "asked"), "utf8")).toBe("version\n");
	});

	it("is not replaced when a person named one that is not there", async () => {
		await program("go", "exit 1");
		environment.PIGEON_URL = "/nowhere/pigeon";
		const { lines } = provide(server({ kind: "go", program: "pigeon.org/post@v1" }));
		expect(lines).toHaveLength(1);
		expect(lines[0]).toContain("is not at /nowhere/pigeon (PIGEON_URL)");
	});
});
